"""From matches to alerts that people act on: who watches what, what is one infringement, how grave it is."""
