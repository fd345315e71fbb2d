"""The JSON API under /api/v1: its shapes, its routes, and its description (OpenAPI 3.1) made from both."""
