"""Which videos hold the same content: re-encodes, messenger copies, trimmed extracts."""
