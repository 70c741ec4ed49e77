"""The demo's sample library: photographs and narration, made on the spot from installed packages."""
