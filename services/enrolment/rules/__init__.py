"""The law of enrolment, pure: standard library only, every number comes in as an argument."""
