"""Tables of videos as spreadsheets and programs write them: what their rows ask for, and which are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from avatar.batch import table as tables
from avatar.batch.making import requested
from avatar.batch.table import read_table
from avatar.errors import InputError, RequestError

CSV = "name,text,preset,seed,subtitles\nintro,Hello.,joe,3,yes\n,Goodbye.,,,\n"
ROWS = [("intro", {"text": "Hello.", "preset": "joe", "seed": "3", "subtitles": True}), ("002", {"text": "Goodbye."})]


def rows_of(tmp_path, content: str | bytes, name: str = "t.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path)


AS_WRITTEN = {
    "plain": CSV.encode(),
    "Excel's mark": CSV.encode("utf-8-sig"),
    "semicolons": CSV.replace(",", ";").encode("utf-8-sig"),
    "Excel says what parts the cells": b"sep=;\r\n" + CSV.replace(",", ";").replace("\n", "\r\n").encode(),
    "tabs in UTF-16, as Excel's Unicode text": CSV.replace(",", "\t").encode("utf-16"),
    "Windows' line ends": CSV.replace("\n", "\r\n").encode(),
    "old Mac's line ends in cells' places": CSV.replace("\n", "\r").encode(),
    "no line end": CSV.strip().encode() + b"",
    "empty lines, and empty columns at the right": b"\n" + CSV.replace("\n", ",,\n\n ,,\n").encode(),
    "titles as people write them": CSV.replace("name,text,preset", "Name, Text ,PRESET").encode(),
    "quotes": CSV.replace("Hello.", '"Hello."').encode(),
    "quotes in the first line, after Excel's mark": CSV.replace("name", '"name"').encode("utf-8-sig"),
    "blanks after the commas, before quotes": CSV.replace(",", ", ").replace("Hello.", '"Hello."').encode(),
    "JSONL": b'{"name": "intro", "text": "Hello.", "preset": "joe", "seed": "3", "subtitles": true}\n\n{"text": "Goodbye."}',
}


@pytest.mark.parametrize("how", AS_WRITTEN)
def test_one_table_written_in_many_ways(tmp_path, how):
    rows = rows_of(tmp_path, AS_WRITTEN[how])
    assert [(row.name, row.asked) for row in rows] == ROWS
    assert [row.number for row in rows] == [1, 2]
    assert not any(row.wrong for row in rows)


def test_a_text_may_hold_commas_quotes_and_line_ends(tmp_path):
    (row,) = rows_of(tmp_path, 'text\n"One, ""two"",\nthree."\n')
    assert row.asked == {"text": 'One, "two",\nthree.'}


def test_old_macs_line_ends_and_a_text_with_more_commas_than_there_are_columns(tmp_path):
    (row,) = rows_of(tmp_path, "name;text\rone;One, two, three.\r")
    assert (row.name, row.asked) == ("one", {"text": "One, two, three."})


@pytest.mark.parametrize("column", ["text_file", "portrait", "voice", "audio"])
@pytest.mark.parametrize("value", [True, 0, 1.5])
def test_the_name_of_a_file_in_json_is_a_text(tmp_path, column, value):
    """A number would be that of an open file."""
    (row,) = rows_of(tmp_path, json.dumps({column: value}), "t.jsonl")
    assert row.wrong is not None
    assert row.wrong.fields == (column,)


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    with pytest.raises(RequestError, match="column 'text' twice"):
        rows_of(tmp_path, "text,Text\nHello.,\n")


def test_a_table_without_names_of_columns_is_not_shown_whole(tmp_path):
    with pytest.raises(RequestError, match="first line names the columns") as refused:
        rows_of(tmp_path, "word " * 1000 + "\n")
    assert len(str(refused.value)) < 500


def test_decimal_commas_where_semicolons_part_the_cells(tmp_path):
    (row,) = rows_of(tmp_path, "text;lips shift;seconds\nHello 1,5.;-0,25;12,5\n")
    assert row.asked == {"text": "Hello 1,5.", "lips_shift": "-0.25", "seconds": "12.5"}


def test_paths_count_from_the_table_and_what_is_kept_is_found_by_name(tmp_path, home, monkeypatch):
    for name in ("voices/Anna/reference.wav", "portraits/Anna/picture.jpg"):
        (home / name).parent.mkdir(parents=True)
        (home / name).touch()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for name in ("Bob", "faces.jpg"):
        Path(name).touch()  # beside whoever types, not beside the table
    (tmp_path / "me.wav").touch()
    rows = rows_of(
        tmp_path, "text_file,portrait,voice\na.txt,faces/me.jpg,me.wav\nb.txt,/tmp/x.png,Anna\n,Anna,Bob\n,faces.jpg,\n"
    )
    assert rows[0].asked == {
        "text_file": tmp_path / "a.txt", "portrait": tmp_path / "faces/me.jpg", "voice": tmp_path / "me.wav"
    }  # fmt: skip
    assert (str(rows[1].asked["portrait"]), rows[1].asked["voice"]) == ("/tmp/x.png", "Anna")
    assert rows[2].asked == {"portrait": "Anna", "voice": tmp_path / "Bob"}
    assert rows[3].asked == {"portrait": tmp_path / "faces.jpg"}
    for name in ("Anna", "Bob"):
        (tmp_path / name).touch()
    rows = rows_of(tmp_path, "voice,portrait\nBob,Anna\n")
    assert rows[0].asked == {"voice": tmp_path / "Bob", "portrait": tmp_path / "Anna"}, (
        "a file beside the table comes first"
    )


@pytest.mark.parametrize(
    "name", ["../up", "a/b", "..", ".hidden", "a\\b", "bell\x07", "-rf", "n" * 201, ".mp4", "/etc/x", "a\nb", "é" * 101]
)
def test_a_name_stays_in_the_folder(tmp_path, name):
    bad, good = rows_of(tmp_path, json.dumps({"name": name, "text": "Hi."}) + '\n{"text": "Yes."}', "t.jsonl")
    assert bad.wrong and bad.wrong.fields == ("name",)
    assert (bad.name, good.name, good.wrong) == ("001", "002", None)


def test_a_name_may_end_in_mp4_and_be_a_number(tmp_path):
    rows = rows_of(tmp_path, '{"name": "a.MP4", "text": "Hi."}\n{"name": 7, "text": "Hi."}', "t.jsonl")
    assert [row.name for row in rows] == ["a", "7"]


@pytest.mark.parametrize("other", ["intro", "INTRO", "intro.mp4", " intro "])
def test_a_name_that_is_there_twice_is_refused_the_second_time(tmp_path, other):
    first, second = rows_of(tmp_path, f"name,text\nintro,One.\n{other},Two.\n")
    assert first.wrong is None
    assert "row 1" in str(second.wrong)


@pytest.mark.parametrize("cell", ["#REF!", "#NAME?", "#N/A", "#DIV/0!", "Err:504"])
def test_the_error_of_a_formula_is_not_spoken(tmp_path, cell):
    first, second = rows_of(tmp_path, f"name,text\none,{cell}\ntwo,{cell} is an error.\n")
    assert first.wrong and "formula" in str(first.wrong) and first.wrong.fields == ("text",)
    assert second.asked == {"text": f"{cell} is an error."} and not second.wrong


def test_a_voice_may_be_a_preset(tmp_path, home, avatar):
    """As of one video; a file of that name beside the table comes first."""
    (tmp_path / "t.csv").write_text("name,text,voice\none,Hello.,joe\n")
    done = avatar("make", tmp_path / "t.csv", "-O", tmp_path, "--dry-run", "--preset", "heart")
    assert done.code == 0, done.stderr
    (row,) = read_table(tmp_path / "t.csv")
    assert requested(row, {}).preset == "joe"
    (tmp_path / "joe").touch()
    (row,) = read_table(tmp_path / "t.csv")
    assert requested(row, {}).voice == tmp_path / "joe"


def test_a_cell_without_a_column_says_how_to_quote(tmp_path):
    bad, good = rows_of(tmp_path, "name,text\none,Hello, you.\ntwo,Bye.\n")
    assert "quotes" in str(bad.wrong) and "you." in str(bad.wrong)
    assert good.wrong is None


REFUSED = {
    "a column that nobody knows": ("name,txt\na,b\n", RequestError, "'txt'.*text"),
    "a column without a name that is used": ("text,\nHello.,x\n", None, ""),
    "nothing": ("", InputError, "no rows"),
    "titles alone": ("name,text\n", InputError, "no rows"),
    "Latin-1": ("text\nCafé.\n".encode("latin-1"), InputError, "UTF-8"),
    "a spreadsheet's own file": (b"PK\x03\x04\x14\0\x06\0" + b"\0" * 99, InputError, "CSV"),
    "a quote that does not end": ('text\n"Hello.\n', InputError, "line 2"),
    "JSON that is no object": ('{"text": "a"}\n[1]\n', InputError, "line 2"),
    "broken JSON": ('{"text": "a"}\n{"text": \n', InputError, "line 2"),
    "a key twice": ('{"text": "a", "text": "b"}\n', InputError, "twice"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_what_is_no_such_table_is_refused(tmp_path, how):
    content, error, said = REFUSED[how]
    if error is None:
        assert rows_of(tmp_path, content)[0].wrong
        return
    with pytest.raises(error, match=said) as raised:
        rows_of(tmp_path, content)
    assert "t.csv" in str(raised.value)


@pytest.mark.parametrize("value", [[1], {"a": 1}])
def test_a_value_in_json_is_no_list(tmp_path, value):
    bad, good = rows_of(tmp_path, json.dumps({"text": value}) + '\n{"text": "b"}', "t.jsonl")
    assert bad.wrong and bad.wrong.fields == ("text",)
    assert good.wrong is None


def test_a_table_that_is_too_large_or_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    with pytest.raises(InputError, match="more than 3 rows"):
        rows_of(tmp_path, "text\n" + "Hello.\n" * 4)
    monkeypatch.setattr(tables, "MOST_BYTES", 10)
    with pytest.raises(InputError, match="larger than"):
        rows_of(tmp_path, "text\nHello there.\n")
    with pytest.raises(RequestError, match=r"no table .*none\.csv"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(RequestError, match="no table"):
        read_table(tmp_path)


def test_a_transcript_comes_from_the_table_or_a_file_beside_it(tmp_path):
    (tmp_path / "b.txt").write_text("From a file.")
    rows = rows_of(tmp_path, "audio,transcript,transcript_file\na.wav,As it stands.,\nb.wav,,b.txt\nc.wav,x,b.txt\n")
    first, second = (requested(row, {"subtitles": True}) for row in rows[:2])
    assert (first.transcript, second.transcript) == ("As it stands.", "From a file.")
    assert first.subtitles
    with pytest.raises(RequestError, match="a transcript and a file with one exclude each other"):
        requested(rows[2], {})
