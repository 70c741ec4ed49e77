"""One page a file: what it shows is computed by code that a test can call without Streamlit."""
