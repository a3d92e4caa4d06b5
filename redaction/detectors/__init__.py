"""The detectors: each reads segments and gives back spans; each names itself, so an analysis can say who finished."""
