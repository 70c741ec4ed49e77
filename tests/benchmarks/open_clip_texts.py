"""Gaze as it would be if open_clip encoded its queries: the baseline of `first_answer`.

python -m tests.benchmarks.open_clip_texts page
python -m tests.benchmarks.open_clip_texts search WORDS...
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from gaze_pipeline.models.hub import Models
from gaze_pipeline.models.installed import model_dir

WEIGHTS = "open_clip_model.safetensors"


class OpenClipTexts:
    """The text side of a model of a built-in architecture, by open_clip, its weights mapped."""

    def __init__(self, models: Models) -> None:
        import open_clip
        import torch
        from safetensors.torch import load_file

        spec = models.spec("clip")
        self.model_id = spec.id
        with torch.device("meta"):
            model = open_clip.CLIP(**open_clip.get_model_config(str(spec.params["model_name"])))
        model.attn_mask = torch.full(model.attn_mask.shape, float("-inf")).triu_(1)
        weights = load_file(model_dir(spec, models.models_dir) / WEIGHTS)
        model.load_state_dict(weights, assign=True)
        self._model = model.eval().requires_grad_(False)
        self._tokenize = open_clip.SimpleTokenizer()

    def encode_texts(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Texts to unit vectors, float32 [n, dimensions], without computing their padding."""
        import torch

        model, tokens = self._model, self._tokenize(list(texts))
        ends = tokens.argmax(dim=-1)
        length = int(ends.max()) + 1
        with torch.inference_mode():
            x = model.token_embedding(tokens[:, :length]) + model.positional_embedding[:length]
            x = model.transformer(x, attn_mask=model.attn_mask[:length, :length])
            vectors = model.ln_final(x)[torch.arange(len(x)), ends] @ model.text_projection
            return np.asarray(torch.nn.functional.normalize(vectors, dim=-1).numpy())


def main() -> None:
    """Run the page or the command line with it."""
    Models.clip_text = cache(OpenClipTexts)  # type: ignore[method-assign, assignment]
    if sys.argv[1] == "page":
        from gaze_search_app import server

        server.main()
    else:
        from gaze_pipeline import cli

        cli.main()


if __name__ == "__main__":
    main()
