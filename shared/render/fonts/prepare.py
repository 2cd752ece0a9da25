"""Makes the fonts of this folder from the fonts as they are published.

    pip install fonttools
    python prepare.py NotoSansSC-Regular.ttf BabelStoneHan.ttf

The first is Noto Sans SC (npm `@expo-google-fonts/noto-sans-sc`), the second is BabelStone Han (Debian
`fonts-babelstone-han`). Outlines are rounded to a grid of 1/250 em (1/256 em for BabelStone Han): at 9 points that is a
hundredth of a millimetre, and an embedded glyph takes a quarter less. Hinting and layout tables go, which the reports
do not use. BabelStone Han keeps only the ideographs that Noto Sans SC lacks.
"""

import sys

from fontTools import subset, ttLib
from fontTools.ttLib.scaleUpem import scale_upem

IDEOGRAPHS = [(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)]


def prepared(path: str, unicodes: set[int], units_per_em: int, to: str, family: str) -> None:
    options = subset.Options(
        hinting=False, layout_features=[], notdef_outline=True, name_IDs=[0, 1, 2, 4, 5, 6, 13, 14], drop_tables=["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG", "DSIG", "STAT"]
    )
    font = ttLib.TTFont(path)
    cut = subset.Subsetter(options)
    cut.populate(unicodes=unicodes)
    cut.subset(font)
    scale_upem(font, units_per_em)
    font["name"].setName(f"{family}, outlines rounded for Xinzheng reports", 5, 3, 1, 0x409)
    font.save(to)
    print(to, len(unicodes), "code points")


regular, han = sys.argv[1:]
first = set(ttLib.TTFont(regular).getBestCmap())
prepared(regular, first, 250, "NotoSansSC-Regular.ttf", "Noto Sans SC Regular")
lacking = {
    code
    for code in ttLib.TTFont(han).getBestCmap()
    if code not in first and any(start <= code <= end for start, end in IDEOGRAPHS)
}
prepared(han, lacking, 256, "BabelStoneHan-Rest.ttf", "BabelStone Han")
