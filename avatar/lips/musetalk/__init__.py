"""MuseTalk 1.5 in our own inference: the lower half of a face is drawn anew for every frame of speech.

It is no diffusion: one pass of a UNet per frame fills in the lower half of a 256 x 256 crop of the face.

    speech 16 kHz -> Whisper's encoder -> 10 time steps x 5 layers per frame ----------------------+
    face crop -> VAE of the crop with its lower half black, and of the whole crop -> UNet (t = 0) <-+
    -> VAE decoder -> 256 x 256 face -> colours matched -> pasted with a soft mask of the lower face

    options.py         what can be chosen
    audio_windows.py   which steps of sound belong to a frame; positions
    audio_features.py  sound -> Whisper's hidden states, a segment at a time
    ramp.py            yes and no as cross-fades
    silence.py         where nobody speaks, and the lips rest
    clip.py            a video file as frames: decoding, framing, a scratch file
    track.py           one face through a clip: following, gaps, cuts, smoothing, gates
    source.py          still picture or clip, as one kind of thing
    crop.py            landmarks -> box -> the two 256 x 256 inputs
    mask.py            landmarks -> the soft mask of what is drawn
    tone.py            colour and sharpness of the drawn face made those of the picture
    blend.py           pasting
    checkpoint.py      files -> state dicts, strictly; the conversion of unet.pth
    models.py          the three networks on the device
    overflow.py        every result checked, with the fall back to float32
    prepared.py        what is computed once per source frame
    plan.py            what each frame of the video shows
    drawing.py         batches of faces, each into its picture
    engine.py          all of it in order: MuseTalkLips
    shift_sheet.py     three settings of the box side by side, to choose by eye

Architecture and constants follow MuseTalk 1.5 (github.com/TMElyralab/MuseTalk, MIT, commit 0a89dec; Zhang et al. 2024,
arXiv 2410.10122). What differs from it is said where it differs, with the reason.
"""
