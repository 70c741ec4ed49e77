"""Codecs and containers, through PyAV: facts, audio, frames, clips and encoding.

A user's file is only opened through `decoder`, whose worker processes run the rest of this package.
"""
