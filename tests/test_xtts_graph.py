"""GPT-2's answer to one code from keys and values in memory of fixed size: what transformers' own says, to rounding.

The recording itself needs a card: bench/gpu/foreign/voice.py measures it there.
"""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from avatar.device import need  # noqa: E402
from avatar.device.quiet import quiet_transformers  # noqa: E402
from avatar.fit import shapes, steps  # noqa: E402
from avatar.voice.xtts import graph as xtts_graph  # noqa: E402
from bench.tiny_shapes import TINY  # noqa: E402

CPU = torch.device("cpu")


def a_model():
    torch.manual_seed(7)
    return steps.speaking_model(torch.float32, CPU, TINY["xtts"])


def codes_of(model, count: int) -> torch.Tensor:
    torch.manual_seed(7)
    words = torch.arange(30)[None] % 20
    manner = torch.randn(1, 32, model.gpt.model_dim)
    with torch.inference_mode():
        return model.gpt.generate(manner, words, do_sample=True, top_k=50, top_p=0.85, max_new_tokens=count)


def test_a_sentence_has_the_same_codes_as_by_transformers():
    model = a_model()
    wanted = codes_of(model, 60)
    assert len(set(wanted[0].tolist())) > 20
    xtts_graph.code_by_code(model.gpt, recorded=False, notes=[])
    assert codes_of(model, 60).equal(wanted)
    assert codes_of(model, 60).equal(wanted), "a second sentence finds the first one's keys"


def test_each_hidden_state_is_transformers_own_to_rounding():
    from transformers import DynamicCache

    network = a_model().gpt.gpt
    one, cache, again = xtts_graph.OneCode(network), DynamicCache(), DynamicCache()
    prompt, codes = torch.randn(1, 40, 64), torch.randn(9, 1, 1, 64)
    with torch.inference_mode():
        for each in (cache, again):
            network(inputs_embeds=prompt, past_key_values=each, use_cache=True)
        one.begin(again)
        held = {each.untyped_storage().data_ptr() for layer in again.layers for each in (layer.keys, layer.values)}
        assert held == {each.untyped_storage().data_ptr() for each in (one.keys, one.values)}, (
            "the prompt is held twice"
        )
        for code in codes:
            wanted = network(inputs_embeds=code, past_key_values=cache, use_cache=True)[0]
            torch.testing.assert_close(one(code), wanted, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(one.keys[1][:, :, :49], cache.layers[1].keys, rtol=1e-5, atol=1e-5)


def test_the_memory_that_it_holds_is_counted_before_a_card_is_asked_for_it():
    model = shapes.build("xtts")
    with quiet_transformers():
        model.gpt.init_gpt_for_inference(kv_cache=True)
    assert 2 * xtts_graph.OneCode(model.gpt.gpt).keys.numel() == need.SPOKEN_NUMBERS


def test_no_code_is_written_beyond_the_last_place():
    model = a_model()
    model.gpt.gpt.config.n_positions = 80
    xtts_graph.code_by_code(model.gpt, recorded=False, notes=[])
    with pytest.raises(RuntimeError, match="80 places"):
        codes_of(model, 60)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a card records")
def test_where_nothing_can_be_recorded_the_step_itself_answers_and_says_so():
    one, notes = xtts_graph.OneCode(a_model().gpt.gpt), []
    assert xtts_graph.record(one, torch.zeros(1, 1, 64), 5, notes) is one
    (note,) = notes
    assert note.startswith("CUDA graphs were left out: ") and "\n" not in note
    assert one._position.item() == 5
