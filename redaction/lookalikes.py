"""Letters of other scripts that look like Latin ones, for reading disguised words."""

from __future__ import annotations

_CYRILLIC = ("авеікмнорстухцѕјԁһԛԝАВЕІКМНОРСТУХЅЈԌ", "abeikmhopctyxusjdhqwABEIKMHOPCTYXSJG")
_GREEK = ("αβεικνορτυχωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abeikvoptuxwABEZHIKMNOPTYX")
_OTHER = ("ıɑɡɩʏƖӏ", "iagiyIl")

LOOKALIKES = str.maketrans(
    {
        foreign: latin
        for foreigns, latins in (_CYRILLIC, _GREEK, _OTHER)
        for foreign, latin in zip(foreigns, latins, strict=True)
    }
)
