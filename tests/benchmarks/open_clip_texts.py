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
    """The text side of a model of a built-in architecture, by open_clip itself."""

    def __init__(self, models: Models) -> None:
        import open_clip

        spec = models.spec("clip")
        self.model_id = spec.id
        name = str(spec.params["model_name"])
        weights = model_dir(spec, models.models_dir) / WEIGHTS
        self._model = open_clip.create_model(name, pretrained=str(weights)).eval()
        self._tokenize = open_clip.get_tokenizer(name)

    def encode_texts(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Texts to unit vectors, float32 [n, dimensions]."""
        import torch

        with torch.inference_mode():
            vectors = self._model.encode_text(self._tokenize(list(texts)), normalize=True)
        return np.asarray(vectors.numpy(), np.float32)


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
