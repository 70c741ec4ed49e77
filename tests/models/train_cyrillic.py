"""Trains the Cyrillic head: `python -m tests.models.train_cyrillic FONTS WORDS [LINES] [MINUTES]`.

FONTS holds fonts with Cyrillic letters, WORDS Hunspell's word lists. The shipped head had the 98 families of
Debian's packages of DejaVu, Liberation, ParaType, Open Sans, Roboto, FreeFont, Libertine, Comfortaa, Play,
JetBrains, Fira Code, Hack, Cantarell, Jura, Garamond, CMU, Carlito, Charis, Andika, Noto, Inter and Old
Standard. One family in seven is held out, and tells how well it reads: with 10,000 lines and nine minutes on
one core, 2 % of the characters are wrong.
"""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import nn

from gaze_pipeline.models.cyrillic import WEIGHTS, CyrillicReader
from gaze_pipeline.models.ocr import _RECOGNISER
from tests.models.cyrillic_lines import CHARACTERS, fonts, picture, text, words

WIDTH, BATCH, RATE = 128, 32, 2e-3
Example = tuple[torch.Tensor, str]


class Block(nn.Module):
    """A depthwise convolution over time and two linear layers, added to what goes in."""

    def __init__(self) -> None:
        super().__init__()
        self.n = nn.LayerNorm(WIDTH)
        self.c = nn.Conv1d(WIDTH, WIDTH, 7, padding=3, groups=WIDTH)
        self.a, self.b = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mixed = self.c(self.n(x).transpose(1, 2)).transpose(1, 2)
        return x + self.b(nn.functional.silu(self.a(mixed)))


class Head(nn.Module):
    """Features [batch, time, 384] to logits [batch, time, characters + 1], named as in the file."""

    def __init__(self, mean: torch.Tensor, deviation: torch.Tensor) -> None:
        super().__init__()
        self.m, self.v = nn.Parameter(mean, False), nn.Parameter(deviation, False)
        self.i, self.o = nn.Linear(384, WIDTH), nn.Linear(WIDTH, len(CHARACTERS) + 1)
        self.blocks = nn.Sequential(Block(), Block(), Block())
        self.n = nn.LayerNorm(WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.o(self.n(self.blocks(self.i((x - self.m) / self.v))))


def examples(families: list[list[Path]], lists: Path, count: int, seed: int) -> list[Example]:
    """Features of rendered lines, [time, 384] each, with what they say."""
    import rapidocr

    rng, known = Random(seed), words(lists)
    reader = CyrillicReader(Path(rapidocr.__file__).parent / "models" / _RECOGNISER, 1)
    made: list[Example] = []
    while len(made) < count:
        line = text(known, rng)
        image = np.asarray(picture(line, rng.choice(rng.choice(families)), rng)) if line else None
        if image is None:
            continue
        features = reader.features(image[:, :, ::-1])
        if len(features) > 1.05 * len(line):  # else CTC has no room for it
            made.append((torch.tensor(features), line))
    return made


def train(made: list[Example], minutes: float) -> Head:
    """A head, trained for so long."""
    sample = torch.cat([features for features, _ in made[:500]])
    head = Head(sample.mean(0), sample.std(0) + 1e-3)
    trained = [parameter for parameter in head.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, RATE, weight_decay=1e-2)
    rng, started, step = Random(0), time.monotonic(), 0
    while (done := (time.monotonic() - started) / 60 / minutes) < 1:
        batch = _next(made, rng)
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, step / 100) * (1 + math.cos(math.pi * done)) / 2
        x = nn.utils.rnn.pad_sequence([features for features, _ in batch], batch_first=True)
        logits = head(x + 0.15 * torch.randn_like(x) * head.v).log_softmax(-1).transpose(0, 1)
        wanted = [[CHARACTERS.index(letter) + 1 for letter in line] for _, line in batch]
        loss = nn.functional.ctc_loss(
            logits,
            torch.tensor([number for line in wanted for number in line]),
            torch.tensor([len(features) for features, _ in batch]),
            torch.tensor(list(map(len, wanted))),
            zero_infinity=True,
        )
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 5)
        optimiser.step()
        step += 1
    return head


def _next(made: list[Example], rng: Random) -> list[Example]:
    """Examples of about one length: `made` is in order of it."""
    first = rng.randrange(max(1, len(made) - BATCH))
    return made[first : first + BATCH]


def save(head: Head) -> None:
    """Write the weights where the product reads them."""
    exact = {"m", "v"}
    arrays = {
        name: value.detach().numpy().astype(np.float32 if name in exact else np.float16)
        for name, value in head.state_dict().items()
    }
    np.savez_compressed(WEIGHTS, characters=np.array(CHARACTERS), **arrays)


def main(folder: Path, lists: Path, lines: int = 10_000, minutes: float = 9.0) -> None:
    """Train on most families and tell how the others are read."""
    families = list(fonts(folder).values())
    held = families[3::7]
    made = examples([family for family in families if family not in held], lists, lines, seed=7)
    head = train(sorted(made, key=lambda one: len(one[0])), minutes).eval()
    wrong = total = 0
    for features, line in examples(held, lists, 300, seed=1):
        best = head(features[None])[0].argmax(-1).tolist()
        read = "".join(
            CHARACTERS[one - 1]
            for before, one in zip([0, *best], best, strict=False)
            if one and one != before
        )
        wrong, total = wrong + distance(read, line), total + len(line)
    print(f"{wrong / total:.1%} of the characters wrong in {len(held)} families held out")
    save(head)


def distance(one: str, other: str) -> int:
    """The edits between two texts (Levenshtein 1966)."""
    row = list(range(len(other) + 1))
    for number, a in enumerate(one, 1):
        above, row = row, [number]
        for place, b in enumerate(other, 1):
            row.append(min(row[-1] + 1, above[place] + 1, above[place - 1] + (a != b)))
    return row[-1]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:5]))
