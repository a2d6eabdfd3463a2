"""The main job, walked through the gateway's public API only: what `make demo` shows and the crash test repeats."""
