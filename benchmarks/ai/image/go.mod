module phaseline.dev/scenario

go 1.24
