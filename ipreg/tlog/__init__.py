"""Pure formats of the transparency log. Nothing here reads, writes or knows the time."""
