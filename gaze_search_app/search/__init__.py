"""The search engine: a query and a published snapshot in, moments out. No Streamlit, no Dagster."""
