class Motion: pass
