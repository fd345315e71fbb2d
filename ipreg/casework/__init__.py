"""The regulator's desk: the state machine of cases, its clocks, the queue and what officers do together."""
