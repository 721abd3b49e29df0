from avatar.device import memory  # noqa: F401  # before any torch: it says how its threads wait for each other
