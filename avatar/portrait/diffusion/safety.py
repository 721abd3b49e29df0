"""What Stable Diffusion's safety checker says of a drawing; scores that are no numbers are no answer.

diffusers' checker stops a picture when a score is above its threshold, and NaN is above nothing: a checker that runs
over in half precision would let every picture pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from avatar.errors import EnvironmentProblem
from avatar.weights import strict

if TYPE_CHECKING:
    import torch
    from diffusers.pipelines.stable_diffusion.pipeline_output import StableDiffusionPipelineOutput
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

LENGTH_TOLERANCE = 0.1  # of directions, whose length is 1; half precision keeps it within 0.001


class SafetyWatch:
    """Tells whether the checker of a pipeline stopped a drawing, and asks it again where it gave no answer."""

    def __init__(self, pipeline: StableDiffusionPipeline):
        pipeline.safety_checker.visual_projection.register_forward_hook(self._keep)

    def _keep(self, module: torch.nn.Module, inputs: tuple, embedding: torch.Tensor) -> None:
        self._embedding = embedding  # of the latest picture, (1, channels)

    def stopped(
        self, pipeline: StableDiffusionPipeline, drawn: StableDiffusionPipelineOutput, seed: int, notes: list[str]
    ) -> bool:
        """Whether the checker stopped what the pipeline has just drawn; notes: for the user.

        Without numbers for scores it is asked again in single precision, and stays there. Raises EnvironmentProblem
        when that gives none either.
        """
        import torch

        checker = pipeline.safety_checker
        answer = drawn.nsfw_content_detected
        if answer and self._gave_scores(checker):
            return answer[0]
        if checker.dtype != torch.float32:
            notes.append(f"seed {seed}: the safety checker ran over in half precision; asked in single precision.")
            checker.to(torch.float32)
            _, answer = pipeline.run_safety_checker(drawn.images, checker.device, torch.float32)
            if answer and self._gave_scores(checker):
                return answer[0]
        raise EnvironmentProblem(
            f"the safety checker has no answer for the picture of seed {seed}: its scores are no numbers. {strict.mend()}."
        )

    def _gave_scores(self, checker: StableDiffusionSafetyChecker) -> bool:
        """Whether the latest scores are numbers: a score is the cosine of two directions, less a threshold."""
        import torch

        directions = torch.cat([self._embedding, checker.concept_embeds, checker.special_care_embeds])
        lengths = torch.nn.functional.normalize(directions).float().norm(dim=1)  # 0 or NaN where the sum ran over
        thresholds = torch.cat([checker.concept_embeds_weights, checker.special_care_embeds_weights])
        return bool(((lengths - 1).abs() < LENGTH_TOLERANCE).all() and torch.isfinite(thresholds).all())
