"""The frame of a video: its size, what of the picture is in it, what lies behind, and the words over it."""
