"""Spoken narration by eSpeak NG, whose library and voices come with the package `espeakng-loader`.

The C interface is that of speak_lib.h: synthesis hands 16-bit mono samples to a callback.
"""

from __future__ import annotations

import ctypes
from functools import cache

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

_RETRIEVAL = 1  # hand samples over instead of playing them
_DONT_EXIT = 0x8000
_UTF8 = 1
_RATE = 1
_WORDS_PER_MINUTE = 150

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def narrate(text: str, voice: str = "en-us") -> tuple[NDArray[np.float32], int]:
    """Speak a text: samples (float32 [n], -1..1, mono) and their rate in Hz."""
    library, rate = _espeak()
    chunks: list[NDArray[np.int16]] = []

    def collect(samples: ctypes.Array[ctypes.c_short] | None, count: int, _events: object) -> int:
        if samples and count > 0:
            chunks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        return 0

    callback = _Callback(collect)
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetVoiceByName(voice.encode())
    library.espeak_SetParameter(_RATE, _WORDS_PER_MINUTE, 0)
    encoded = text.encode()
    library.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    pcm = np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int16)
    return pcm.astype(np.float32) / 32768.0, rate


@cache
def _espeak() -> tuple[ctypes.CDLL, int]:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    rate = library.espeak_Initialize(
        _RETRIEVAL, 0, str(espeakng_loader.get_data_path()).encode(), _DONT_EXIT
    )
    if rate <= 0:
        raise RuntimeError("eSpeak NG did not start")
    return library, int(rate)
