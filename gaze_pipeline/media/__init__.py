"""Codecs and containers, through PyAV: facts, audio, frames, clips and encoding."""
