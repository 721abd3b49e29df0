"""What a card shows. In the order of reading:

measure.py      the program: every figure of the card, into bench/results/gpu-<card>.json
pieces.py       what it measures, the most valuable first
lips.py         MuseTalk end to end and by part; stages.py: portrait, voice, and stages with the card made smaller
meter.py        memory and seconds of a piece of work; roof.py: what the card could do
baseline.py     the gate: this card's figures against those that were kept
stage.py        the GPU stage of ci/gpu: a checked video; judgements.py: of its pixels, landmarks and words
foreign/        a run for a host without the locked Python: measure.sh, then cold_render.sh; levers.py and what it tries
"""
