"""The web page as a person uses it: a real browser, a real server, a real video.

No mouse, no eyes and a telephone are persons too: widths of 360 and 1280, the keyboard alone, light and dark, and axe-core's
rules for what assistive technology needs.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from avatar.frame.purposes import PURPOSES
from tests.chromium import Page
from tests.conftest import ROOT, SHORT_TEXT
from tests.served import serving
from tests.web_page import WIDTHS, finished, make, need_chromium, opened, seen, tab_to, watched


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    need_chromium()
    with serving(tmp_path_factory.mktemp("served")) as server:
        yield server.url


@pytest.fixture
def page(server) -> Iterator[Page]:
    with watched(server) as page:
        yield page


# ---- the whole path


@pytest.mark.timeout(600)
@pytest.mark.parametrize("width", WIDTHS)
def test_from_a_text_to_a_video_that_plays(server, page, tmp_path, width):
    opened(page, server, width)
    assert page.js("document.documentElement.scrollWidth") <= width, "something is wider than the screen"
    page.click("#script")
    page.type(f"{SHORT_TEXT} At {width} pixels.")  # each width its own video, so that progress is seen at both
    page.wait("/It fits.*About/.test(document.querySelector('#plan').innerText)", 60)
    page.js(
        "window.steps = new Set(); new MutationObserver(() => steps.add(document.querySelector('#making-what').innerText))"
        ".observe(document.querySelector('#making-what'), {childList: true, characterData: true, subtree: true}), 0"
    )
    page.click("#make")
    page.wait("document.activeElement.id === 'current-title'")
    finished(page)
    assert "Moving the lips…" in page.js("[...steps]")
    assert page.js("document.querySelector('#player').videoWidth") == 512
    page.js("document.querySelector('#player').play()")
    page.wait("document.querySelector('#player').currentTime > 0.5")
    assert page.text("#said-aloud") == "The video is done."
    assert "astronaut" in page.text("#current-notes")
    first = "document.querySelector('#videos li')"
    page.wait(f"{first}.innerText.includes('Done') && {first}.querySelector('img')")
    assert page.js("document.documentElement.scrollWidth") <= width

    page.pipe.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    page.click("#current-actions .primary")
    for _ in range(100):
        if found := list(tmp_path.glob("*.mp4")):
            break
        time.sleep(0.1)
    assert found and found[0].read_bytes()[4:8] == b"ftyp"
    page.click("#report summary")
    page.wait("document.querySelector('#report dl').innerText.includes('preview')")


@pytest.mark.timeout(600)
def test_by_the_keyboard_alone(server, page):
    page.js("document.activeElement.blur()")
    page.press("Tab")
    assert page.text(":focus") == "Skip to the form"
    tab_to(page, "#script")
    page.type("By keys alone.")
    tab_to(page, "[name=portrait]")
    page.press("ArrowRight")
    assert page.js("document.querySelector('[name=portrait]:checked').value") == "/own"
    tab_to(page, "[name=portrait]", back=True)
    page.js("document.querySelector('[name=portrait]').click()")
    tab_to(page, "#more summary")
    page.press("Enter")
    tab_to(page, "#option-subtitles")
    page.press(" ")
    tab_to(page, "#make")
    page.press("Enter")
    page.wait("document.activeElement.id === 'current-title'")
    finished(page)
    tab_to(page, "#player")
    page.press(" ")
    page.wait("document.querySelector('#player').currentTime > 0")
    tab_to(page, "#videos li button")
    assert seen(page, "#subtitles")
    tab_to(page, "#videos li > button")
    page.press("Enter")
    page.wait("document.querySelector('#sure-dialog').open")
    tab_to(page, "#sure-yes")
    page.press("Enter")
    page.wait("document.activeElement.id === 'history-title'")
    assert not seen(page, "#current"), "what was deleted is shown no longer"


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("size", "width"), [("180x320", 360), ("180x320", 1280), ("320x180", 1280)])
def test_a_video_is_seen_whole_whatever_its_shape(server, page, size, width):
    """Its lower part holds the captions, and the player's own buttons."""
    opened(page, server, width)
    page.click("#more summary")
    page.click("#option-size")
    page.type(size)
    make(page, f"A frame of {size}.")
    box, player = page.js(
        "['#stage-box', '#player'].map((one) => { const { x, y, right, bottom } = "
        "document.querySelector(one).getBoundingClientRect(); return [x, y, right, bottom] })"
    )
    assert player[0] >= box[0] and player[1] >= box[1] and player[2] <= box[2] and player[3] <= box[3]
    assert page.js("getComputedStyle(document.querySelector('#player')).objectFit") in ("contain", "fill")
    assert page.js("document.querySelector('#player').videoHeight") == int(size.partition("x")[2])


# ---- what goes in


def test_files_of_the_options_are_chosen_by_a_button(server, page, tmp_path):
    import skimage

    picture = tmp_path / "beach.png"
    picture.write_bytes((Path(skimage.__file__).parent / "data/coffee.png").read_bytes())
    page.click("#more summary")
    for name in ("font", "backdrop"):
        label = f"label.button:has(#option-{name})"
        assert page.js(f"document.querySelector({label!r}).getBoundingClientRect().height") >= 24
        assert "Choose a file" in page.text(label)
    page.choose("#option-backdrop", picture)
    page.wait("document.querySelector('#option-backdrop-name').innerText === 'beach.png'")
    page.click("div:has(> label > #option-backdrop) > button")
    page.wait("!document.querySelector('#option-backdrop-name').innerText")
    assert page.js("document.querySelector('#option-backdrop').files.length") == 0
    page.choose("#option-backdrop", picture)
    page.js("document.querySelector('#fresh').click()")
    page.wait("!document.querySelector('#option-backdrop-name').innerText")


def test_what_a_video_is_for_sets_its_frame_and_its_captions(server, page):
    named = page.js(
        "(async () => Object.entries((await import('/page/words.js')).PURPOSES).map(([name, [, means]]) => [name, means]))()"
    )
    assert [(name, {"caption_style": "plain"} | means) for name, means in PURPOSES.items()] == [
        tuple(one) for one in named
    ]
    chosen = "['size', 'captions', 'caption_style'].map((one) => document.querySelector(`#option-${one}`).value)"
    pressed = "[...document.querySelectorAll('#purposes button')].map((one) => one.ariaPressed)"
    usual = page.js(chosen)
    assert usual[0] == "" and page.js(pressed) == ["false"] * 3
    page.click("#script")
    page.type("Hello.")
    page.click("#purposes button:nth-child(2)")
    assert page.js(chosen) == ["portrait", "burned", "karaoke"] and page.js(pressed) == ["false", "true", "false"]
    page.wait("document.querySelector('#plan').innerText.includes('It fits')", 60)
    page.click("#purposes button:nth-child(1)")
    assert page.js(chosen) == ["landscape", "soft", "plain"] and page.js(pressed) == ["true", "false", "false"]
    page.click("#purposes button:nth-child(1)")
    assert page.js(chosen) == usual and page.js(pressed) == ["false"] * 3
    page.click("[name=said][value=audio]")
    page.click("#purposes button:nth-child(3)")
    assert page.js(chosen) == ["square", *usual[1:]], "of a recording without its words there are no captions"
    assert page.js(pressed) == ["false", "false", "true"]
    page.click("#purposes button:nth-child(3)")
    assert page.js(chosen) == usual and page.js(pressed) == ["false"] * 3
    page.click("#purposes button:nth-child(2)")
    page.js("document.querySelector('#fresh').click()")
    assert page.js(chosen) == usual and page.js(pressed) == ["false"] * 3


def test_recorded_speech_is_sent_with_its_language_and_its_words(server, page, tmp_path):
    spoken = tmp_path / "speech.wav"
    subprocess.run((str(ROOT / "run"), "avatar", "speak", SHORT_TEXT, "-o", str(spoken)), check=True)
    page.click("[name=said][value=audio]")
    page.choose("#audio-file", spoken)
    assert seen(page, "#language") and not seen(page, "#voice")
    page.click("#transcript")
    page.type("Guten Tag.")
    page.js(
        "window.sent = []; const own = window.fetch; window.fetch = (at, how) => { if (how?.body instanceof FormData) "
        "sent.push(['language', 'transcript', 'prompt'].map((one) => how.body.get(one))); return own(at, how) }; 0"
    )
    page.js(
        "document.querySelector('#language').value = 'de',"
        "document.querySelector('#language').dispatchEvent(new Event('input', {bubbles: true}))"
    )
    page.wait("document.querySelector('#plan').innerText.includes('It fits')", 60)
    assert page.js("sent.at(-1)") == ["de", "Guten Tag.", None]


def test_dropped_files_go_where_they_belong(server, page, tmp_path):
    script, picture, table, other = (tmp_path / name for name in ("talk.txt", "me.png", "lessons.csv", "a.xyz"))
    script.write_text("Words from a file, é.", encoding="utf-8")
    picture.write_bytes(b"no picture")
    table.write_text("name,text\none,One.\ntwo,\n")
    other.write_bytes(b"\0")
    page.drop(script)
    page.wait("document.querySelector('#script').value === 'Words from a file, é.'")
    page.drop(picture)
    page.wait("document.querySelector('#portrait-name').innerText === 'me.png'")
    page.wait("document.querySelector('#portrait-error').innerText.startsWith('me.png is not a whole')", 60)
    assert "cannot be made" in page.text("#plan")
    assert (
        page.js("document.querySelector('#portrait-error').closest('fieldset').getAttribute('aria-describedby')")
        == "portrait-error"
    )
    page.drop(other)
    page.wait("document.querySelector('#form-error').innerText.includes('a.xyz')")
    page.drop(table)
    page.wait("document.querySelector('#table-name').innerText === 'lessons.csv'")
    page.click("#table-make")
    page.wait(
        "document.querySelector('#table-told').innerText === '1 video is in the queue, 1 row cannot be made.'", 60
    )
    assert len(page.js("[...document.querySelectorAll('#table-result tbody tr')].map((row) => row.innerText)")) == 2
    page.wait("document.querySelector('#videos').innerText.includes('One.')")


def test_what_is_asked_wrongly_is_said_beside_its_field(server, page):
    page.click("#make")
    page.wait("document.querySelector('#script-error').innerText")
    assert page.text("#script-error").startswith("there is nothing to say")
    told = "(({id, ariaInvalid, attributes}) => [id, ariaInvalid, attributes['aria-describedby'].value])(document.activeElement)"
    assert page.js(told) == ["script", "true", "script-hint script-error"]
    page.type(SHORT_TEXT)
    page.wait("!document.querySelector('#script-error').innerText")
    page.click("#more summary")
    page.click("#option-seed")
    page.type("99999999999")
    page.wait("document.querySelector('#option-seed-error').innerText.includes('less than')", 60)
    page.js("document.querySelector('#option-seed').select()")
    page.type("8")
    page.wait(
        "!document.querySelector('#option-seed-error').innerText && document.querySelector('#plan').innerText.includes('It fits')"
    )
    page.click("#portraits label:last-child")
    page.click("#portrait-prompt")
    page.type("an old sailor")
    page.wait("document.querySelector('#portrait-error').innerText.includes('full')", 60)


@pytest.mark.timeout(600)
def test_made_again_with_another_portrait(server, page, tmp_path):
    import skimage

    face = tmp_path / "face.png"
    face.write_bytes((Path(skimage.__file__).parent / "data/astronaut.png").read_bytes())
    page.drop(face)
    page.wait("document.querySelector('#portrait-name').innerText === 'face.png'")
    page.click("#portrait-keep")
    page.wait("document.querySelector('[name=portrait]:checked').value.startsWith('portrait_')", 60)
    page.wait("document.querySelector('#portraits .face-kept img').naturalWidth")
    page.click("#voice")
    page.js(
        "document.querySelector('#voice').value = 'joe', document.querySelector('#voice').dispatchEvent(new Event('change'))"
    )
    page.click("#voice-listen")
    page.wait("document.querySelector('#voice-listen').innerText === 'Stop'", 60)
    make(page, "The first one.")
    page.js(
        "[...document.querySelectorAll('#current-actions button')].find((one) => one.innerText.startsWith('Edit')).click()"
    )
    page.wait("!document.querySelector('#again').hidden")
    assert page.js("[document.querySelector('#script').value, document.querySelector('#voice').value]") == [
        "The first one.",
        "joe",
    ]
    page.wait("['/own', undefined].indexOf(document.querySelector('[name=portrait]:checked')?.value) !== 1")
    page.js("document.querySelector('#script').value = ''")
    make(page, "The second one.")
    assert page.text("#current-prompt") == "The second one."
    page.js("document.querySelector('#videos li:nth-child(2) .name').click()")
    page.wait("document.querySelector('#current-prompt').innerText === 'The first one.'")


@pytest.mark.timeout(600)
def test_a_voice_is_recorded_with_consent(server, tmp_path):
    spoken = tmp_path / "voice.wav"
    text = f"{SHORT_TEXT} She sees six ships in the sea, and every one of them is bigger than my old black boat."
    run = (str(ROOT / "run"), "avatar", "speak", text, "--preset", "joe", "-o", str(spoken))
    subprocess.run(run, check=True, capture_output=True)
    with watched(server, f"--use-file-for-fake-audio-capture={spoken}", width=360) as page:
        page.click("#voice-add")
        page.click("#voice-save")
        page.wait("document.querySelector('#voice-name-error').innerText")
        page.type("ana")
        page.click("#voice-save")
        page.wait("document.querySelector('#consent-error').innerText.includes('consent')")
        assert page.text("#consent-sentence").startswith("I am the owner of this voice")
        for place, seconds in (("consent", 3), ("sample", 8)):
            page.click(f"#{place} button")
            page.wait(f"document.querySelector('#{place} button').innerText.startsWith('Stop (0:0{seconds}')", 20)
            page.click(f"#{place} button")
            page.wait(f"!document.querySelector('#{place} audio').hidden")
        page.click("#voice-save")
        page.wait("!document.querySelector('#voice-dialog').open", 90)
        assert page.js("document.querySelector('#voice').value") == "ana"
        page.click("#voice-remove")
        page.click("#sure-yes")
        page.wait("document.querySelector('#voice').value === '' && !document.querySelector('#voice [value=ana]')")


@pytest.mark.timeout(600)
def test_cancelled_and_taken_up_again(server, page):
    page.click("#script")
    page.type(f"{SHORT_TEXT} " * 6)
    page.click("#make")
    page.wait("document.querySelector('#current-actions button').innerText === 'Cancel'")
    page.go(server + "/")  # a page that is opened anew shows what is being made
    page.wait("!document.querySelector('#making').hidden && document.querySelector('#current').getClientRects().length")
    assert page.js("document.querySelector('#script').value").startswith(SHORT_TEXT)
    page.click("#current-actions button")
    page.wait("document.querySelector('#failed').innerText.startsWith('Cancelled')", 60)
    assert "Cancelled" in page.text("#videos li")
    page.click("#current-actions button")
    finished(page)


def test_older_videos_are_a_click_away(tmp_path):
    table = tmp_path / "many.csv"
    table.write_text("name,text\n" + "".join(f"v{number},Number {number}.\n" for number in range(23)))
    need_chromium()
    with serving(tmp_path / "home") as server, watched(server.url, width=360) as page:
        page.drop(table)
        page.click("#table-make")
        page.wait("document.querySelector('#table-told').innerText.startsWith('23 videos are in the queue')", 120)
        opened(page, server.url, 360)
        rows = "document.querySelectorAll('#videos li').length"
        assert page.js(rows) == 20
        page.click("#older")
        page.wait(f"{rows} === 23")
        assert page.js("document.activeElement.closest('li').innerText").startswith("Number 2")
        assert not seen(page, "#older")
