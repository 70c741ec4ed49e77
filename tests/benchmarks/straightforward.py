"""The baseline: the pipeline as one would first write it.

Each stage of each file is a fresh process that loads its model, decodes every frame, and takes one frame
at a time; speech is transcribed sequentially with the library's default beam of five.

    python -m tests.benchmarks.straightforward STAGE VIDEO OUT MODEL_FOLDER
"""

from __future__ import annotations

import json
import sys
import wave
from pathlib import Path

import av
import numpy as np

EVERY_S = 2.0


def audio(video: Path, out: Path, model: Path) -> None:
    """Decode the first audio stream to a 16 kHz mono WAV."""
    del model
    resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
    with av.open(str(video)) as container, wave.open(str(out / "audio.wav"), "wb") as track:
        track.setnchannels(1)
        track.setsampwidth(2)
        track.setframerate(16_000)
        if not container.streams.audio:
            return
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                track.writeframes(piece.to_ndarray().tobytes())


def transcript(video: Path, out: Path, model: Path) -> None:
    """Transcribe with faster-whisper's defaults."""
    from faster_whisper import WhisperModel

    del video
    whisper = WhisperModel(str(model), device="cpu", compute_type="int8")
    segments, _ = whisper.transcribe(str(out / "audio.wav"))
    rows = [(segment.start, segment.end, segment.text) for segment in segments]
    (out / "transcript.json").write_text(json.dumps(rows))


def frames(video: Path, out: Path, model: Path) -> None:
    """Decode every frame in full and keep one every two seconds."""
    del model
    due = 0.0
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= due:
                frame.to_image().save(out / f"{round(frame.time * 1000):09d}.jpg")
                due = frame.time + EVERY_S


def embeddings(video: Path, out: Path, model: Path) -> None:
    """Embed one frame at a time with open_clip."""
    import open_clip
    import torch
    from PIL import Image

    del video
    clip, _, preprocess = open_clip.create_model_and_transforms("ViT-B-32", pretrained=str(model))
    clip.eval()
    vectors = []
    with torch.no_grad():
        for path in sorted(out.glob("*.jpg")):
            vectors.append(clip.encode_image(preprocess(Image.open(path)).unsqueeze(0)).numpy())
    np.save(out / "embeddings.npy", np.concatenate(vectors))


def detections(video: Path, out: Path, model: Path) -> None:
    """Detect in one frame at a time with torchvision's defaults."""
    import torch
    from PIL import Image
    from torchvision.models.detection import ssdlite320_mobilenet_v3_large
    from torchvision.transforms.functional import to_tensor

    del video
    detector = ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None)
    detector.load_state_dict(torch.load(model, weights_only=True))
    detector.eval()
    rows = []
    with torch.no_grad():
        for path in sorted(out.glob("*.jpg")):
            found = detector([to_tensor(Image.open(path))])[0]
            rows.append({key: value.tolist() for key, value in found.items()})
    (out / "detections.json").write_text(json.dumps(rows))


STAGES = {
    "audio": audio,
    "transcript": transcript,
    "frames": frames,
    "embeddings": embeddings,
    "detections": detections,
}

if __name__ == "__main__":
    stage, *paths = sys.argv[1:]
    STAGES[stage](*(Path(path) for path in paths))
