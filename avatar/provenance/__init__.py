"""Where a video comes from, said in the video itself: a C2PA manifest, signed with the home's key or the user's own."""
