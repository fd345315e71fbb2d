"""Where listings come from."""
