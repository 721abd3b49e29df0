"""MuseTalk 1.5's arithmetic once more, slowly and plainly, from its specification: what the streaming one is held to.

Nothing here imports avatar.lips. Pictures are float arrays, polygons are filled by asking for every pixel, Gaussians
and Lanczos kernels are written out, the whole blending square is made, and all sound is in memory.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull

# ---------------------------------------------------------------- sound


def audio_window(features: np.ndarray, frame: int, frame_rate: Fraction) -> np.ndarray:
    """(10, layers, width): 2 frames of 25 a second to each side, zeros outside; features: (steps, layers, width)."""
    step = math.floor(Fraction(frame) * 50 / frame_rate)
    rows = []
    for k in range(step - 4, step + 6):
        rows.append(features[k] if 0 <= k < len(features) else np.zeros_like(features[0]))
    return np.stack(rows)


def tokens(window: np.ndarray) -> np.ndarray:
    """(10 * layers, width): token k is step k // layers, layer k % layers, plus its position's sines and cosines."""
    steps, layers, width = window.shape
    out = np.zeros((steps * layers, width))
    for k in range(steps * layers):
        for j in range(width // 2):
            angle = k * 10000 ** (-2 * j / width)
            out[k, 2 * j] = window[k // layers, k % layers, 2 * j] + math.sin(angle)
            out[k, 2 * j + 1] = window[k // layers, k % layers, 2 * j + 1] + math.cos(angle)
    return out


def hidden_states(whisper, mel):
    """Five states of a WhisperModel's encoder for a segment's mel (1, 80, 3000), by modules: (1500, 5, width)."""
    import torch

    encoder = whisper.get_encoder()
    x = torch.nn.functional.gelu(encoder.conv1(mel))
    x = torch.nn.functional.gelu(encoder.conv2(x)).permute(0, 2, 1)
    states = [x + encoder.embed_positions.weight]
    for layer in encoder.layers:
        out = layer(states[-1], None)
        states.append(out if isinstance(out, torch.Tensor) else out[0])
    states[-1] = encoder.layer_norm(states[-1])
    return torch.stack([state[0] for state in states], dim=1)


# ---------------------------------------------------------------- box and crop

OVAL = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
150,
        136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]  # fmt: skip
LIPS = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]
NOSE = [195, 48, 115, 220, 64, 98, 97, 2, 326, 327, 294, 278, 344, 440]


def box(landmarks, picture_shape, shift=0.0, margin=0.045) -> tuple[int, int, int, int]:
    """x, y, x1, y1 of the face, the margin included, inside the picture."""
    y168, y4 = float(landmarks[168][1]), float(landmarks[4][1])
    y29 = y168 + 2 / 3 * (y4 - y168) + shift * (y4 - y168) / 3
    bottom = max(float(landmarks[i][1]) for i in OVAL)
    top = y29 - (bottom - y29)
    xs = [float(landmarks[i][0]) for i in range(468)]
    edges = [min(xs), top, max(xs), bottom + margin * (bottom - top)]
    x, y, x1, y1 = (math.floor(edge + 0.5) for edge in edges)
    height, width = picture_shape[:2]
    return min(max(x, 0), width), min(max(y, 0), height), min(max(x1, 0), width), min(max(y1, 0), height)


def resize(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Lanczos (a = 3), stretched for shrinking as in Pillow: float64 (height, width, 3), 0..255, rounded to whole.

    One axis after the other, rounded in between: across first, unless only the height shrinks (Pillow 13).
    """
    across = (1, width)
    down = (0, height)
    rows_first = height < picture.shape[0] and width > picture.shape[1]
    result = picture.astype(np.float64)
    for axis, size in (down, across) if rows_first else (across, down):
        weights = lanczos_weights(result.shape[axis], size)
        result = np.einsum("ij,jxc->ixc" if axis == 0 else "ij,yjc->yic", weights, result)
        result = np.clip(np.round(result), 0, 255)
    return result


def lanczos_weights(length: int, size: int) -> np.ndarray:
    """How much each of `length` pixels gives to each of `size`: (size, length)."""
    scale = length / size
    stretch = max(scale, 1.0)
    weights = np.zeros((size, length))
    for i in range(size):
        centre = (i + 0.5) * scale
        for j in range(max(int(centre - 3 * stretch + 0.5), 0), min(int(centre + 3 * stretch + 0.5), length)):
            distance = (j - centre + 0.5) / stretch
            weights[i, j] = np.sinc(distance) * np.sinc(distance / 3) if abs(distance) < 3 else 0
    return weights / weights.sum(axis=1, keepdims=True)


def vae_inputs(picture: np.ndarray, face) -> tuple[np.ndarray, np.ndarray]:
    """The masked and the whole crop, (3, 256, 256) each, -1..1."""
    x, y, x1, y1 = face
    whole = resize(picture[y:y1, x:x1], 256, 256) / 255
    masked = whole.copy()
    masked[128:] = 0
    return tuple(((crop - 0.5) / 0.5).transpose(2, 0, 1) for crop in (masked, whole))


# ---------------------------------------------------------------- mask


def square(face) -> tuple[int, int, int, int]:
    """The blending square, which may leave the picture."""
    x, y, x1, y1 = face
    cx, cy = (x + x1) // 2, (y + y1) // 2
    s = int(max(x1 - x, y1 - y) // 2 * 1.5)
    return cx - s, cy - s, cx + s, cy + s


def mask(landmarks, face, kind="jaw", boundary=0.5, feather=0.05) -> tuple[np.ndarray, np.ndarray]:
    """The soft mask of the whole blending square, float 0..1, and the hard one, bool."""
    x, y, x1, y1 = face
    left, top, right, bottom = square(face)
    w, side, cx = x1 - x, right - left, (x + x1) / 2
    middle_row = top + int(boundary * side)
    grid_y, grid_x = np.mgrid[top:bottom, left:right].astype(float)
    hard = np.zeros((side, side), bool)
    points = [(float(p[0]), float(p[1])) for p in landmarks]
    if kind in ("jaw", "full"):
        oval_bottom = max(points[i][1] for i in OVAL)
        outline = []
        for px, py in (points[i] for i in OVAL):
            a = min(abs(px - cx) / (w / 2), 1)
            if py > middle_row:
                pull = (0.07 if kind == "jaw" else 0) * w * min(max((a - 0.5) / 0.5, 0), 1)
                py += 0.6 * max(y1 - oval_bottom, 0) * (1 - a)
                px -= math.copysign(pull, px - cx)
            outline.append((px, py))
        hard |= inside(outline, grid_x, grid_y)
    if kind == "jaw":
        hard &= ~inside(hull([points[i] for i in NOSE]), grid_x, grid_y)
    lips = [points[i] for i in LIPS]
    near_lips = inside(hull(lips) if kind == "lips" else lips, grid_x, grid_y)
    growth = round((0.12 if kind == "lips" else 0.03) * w)
    hard |= ndimage.distance_transform_edt(~near_lips) <= growth
    hard &= (grid_y >= middle_row) & (grid_y < y1) & (grid_x >= x) & (grid_x < x1)
    size = 2 * math.floor(feather * side / 2) + 1
    return gaussian(hard.astype(float), size), hard


def inside(polygon, grid_x, grid_y) -> np.ndarray:
    """Whether each pixel's centre lies inside, by the even-odd rule."""
    result = np.zeros(grid_x.shape, bool)
    for (ax, ay), (bx, by) in zip(polygon, polygon[1:] + polygon[:1]):
        crosses = (ay > grid_y) != (by > grid_y)
        if ay != by:
            result ^= crosses & (grid_x < ax + (grid_y - ay) * (bx - ax) / (by - ay))
    return result


def hull(points):
    return [points[i] for i in ConvexHull(np.array(points)).vertices]


def gaussian(picture: np.ndarray, size: int) -> np.ndarray:
    """With the sigma that OpenCV gives a kernel of that size; nothing lies outside the picture."""
    sigma = 0.3 * ((size - 1) / 2 - 1) + 0.8
    kernel = np.array([math.exp(-((i - size // 2) ** 2) / (2 * sigma**2)) for i in range(size)])
    kernel /= kernel.sum()
    for axis in (0, 1):
        picture = np.apply_along_axis(np.convolve, axis, picture, kernel, mode="same")
    return picture


# ---------------------------------------------------------------- tone and blend


def lab(rgb: np.ndarray) -> np.ndarray:
    """sRGB 0..255 -> CIE Lab, D65 (IEC 61966-2-1 and CIE 15)."""
    value = np.asarray(rgb, float) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    xyz = linear @ TO_XYZ.T / WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def rgb(lab_picture: np.ndarray) -> np.ndarray:
    fy = (lab_picture[..., 0] + 16) / 116
    f = np.stack([fy + lab_picture[..., 1] / 500, fy, fy - lab_picture[..., 2] / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * WHITE
    linear = np.clip(xyz @ np.linalg.inv(TO_XYZ).T, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


TO_XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
WHITE = TO_XYZ.sum(axis=1)


def toned(drawn: np.ndarray, source: np.ndarray, hard: np.ndarray, w: int, enlarged: bool) -> np.ndarray:
    """One frame's drawn square with mean, spread and finest detail of the source's, on a ring inside the hard mask."""
    depth = ndimage.distance_transform_edt(hard)
    ring = (depth >= 0.036 * w) & (depth <= 0.068 * w)
    ours, wanted = lab(drawn), lab(source)
    out = np.zeros_like(ours)
    for channel in range(3):
        a, b = ours[..., channel], wanted[..., channel]
        gain = min(max(b[ring].std() / a[ring].std(), 0.9), 1.1)
        offset = min(max(b[ring].mean() - a[ring].mean(), -10), 10)
        out[..., channel] = (a - a[ring].mean()) * gain + a[ring].mean() + offset
    if enlarged:
        fine = [part[..., 0] - ndimage.gaussian_filter(part[..., 0], 1.5, mode="mirror") for part in (ours, wanted)]
        out[..., 0] += min(max(fine[1][ring].std() / fine[0][ring].std() - 1, 0), 0.5) * fine[0]
    return rgb(out)


def blended(picture, face256, landmarks, face, kind="jaw", match_tone=False) -> np.ndarray:
    """A copy of the picture with the drawn face in it, as whole numbers 0..255, by way of the whole square."""
    x, y, x1, y1 = face
    left, top, right, bottom = square(face)
    soft, hard = mask(landmarks, face, kind)
    height, width = picture.shape[:2]
    padded = np.zeros((bottom - top, right - left, 3))
    ys, xs = slice(max(top, 0), min(bottom, height)), slice(max(left, 0), min(right, width))
    in_square = slice(ys.start - top, ys.stop - top), slice(xs.start - left, xs.stop - left)
    padded[in_square] = picture[ys, xs]
    drawn = padded.copy()
    drawn[y - top : y1 - top, x - left : x1 - left] = resize(face256, x1 - x, y1 - y)
    if match_tone:
        new = toned(drawn, padded, hard, x1 - x, max(x1 - x, y1 - y) > 256)
        drawn[y - top : y1 - top, x - left : x1 - left] = new[y - top : y1 - top, x - left : x1 - left]
    mixed = padded + soft[..., None] * (drawn - padded)
    out = picture.astype(np.float64)
    out[ys, xs] = np.floor(mixed[in_square] + 0.5)
    return out


# ---------------------------------------------------------------- the networks, through their libraries' own loaders


def drawn_faces(models_folder, picture, landmarks, samples_16k, frames, frame_rate: Fraction, face) -> list[np.ndarray]:
    """The network's faces, uint8 (256, 256, 3) RGB, of some frames of speech shorter than 30 s, one at a time."""
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import WhisperFeatureExtractor, WhisperModel

    vae = AutoencoderKL.from_pretrained(models_folder / "stabilityai/sd-vae-ft-mse")
    config = UNet2DConditionModel.load_config(models_folder / "TMElyralab/MuseTalk/musetalkV15/musetalk.json")
    unet = UNet2DConditionModel.from_config(config)
    state = torch.load(models_folder / "TMElyralab/MuseTalk/musetalkV15/unet.pth", weights_only=True)
    unet.load_state_dict({key: tensor.half().float() for key, tensor in state.items()})
    whisper = WhisperModel.from_pretrained(models_folder / "openai/whisper-tiny", dtype=torch.float32)
    extractor = WhisperFeatureExtractor.from_pretrained(models_folder / "openai/whisper-tiny")
    vae.eval(), unet.eval(), whisper.eval()
    with torch.no_grad():
        mel = extractor(samples_16k, sampling_rate=16000, return_tensors="pt").input_features
        features = hidden_states(whisper, mel)[: len(samples_16k) * 50 // 16000].numpy()
        pair = [torch.from_numpy(crop)[None].float() for crop in vae_inputs(picture, face)]
        latents = torch.cat([vae.encode(crop).latent_dist.mode() * 0.18215 for crop in pair], dim=1)
        faces = []
        for frame in frames:
            heard = torch.from_numpy(tokens(audio_window(features, frame, frame_rate)))[None].float()
            out = unet(latents, torch.tensor([0]), encoder_hidden_states=heard).sample
            decoded = vae.decode(out / 0.18215).sample[0]
            faces.append(torch.round(255 * (decoded / 2 + 0.5).clamp(0, 1)).to(torch.uint8).permute(1, 2, 0).numpy())
    return faces
