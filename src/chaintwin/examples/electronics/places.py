"""Where electronics are made and sold: real cities, invented sites."""

from __future__ import annotations

MAKERS: tuple[tuple[str, str, str, str], ...] = (
    ("waf", "Wafers", "supplier", "Niigata:JP Munich:DE Hsinchu:TW Daejeon:KR Portland:US"),
    (
        "fab",
        "Fab",
        "plant",
        "Tainan:TW Hsinchu:TW Taichung:TW Pyeongtaek:KR Hiroshima:JP Kumamoto:JP Wuhan:CN Shanghai:CN Dresden:DE Grenoble:FR "
        "Austin:US Phoenix:US Singapore:SG",
    ),
    (
        "osa",
        "Assembly and test",
        "plant",
        "Kaohsiung:TW Incheon:KR Suzhou:CN Wuxi:CN Penang:MY Calamba:PH Kumamoto:JP Ho_Chi_Minh_City:VN Malacca:MY Bangkok:TH "
        "Batam:ID Guadalajara:MX",
    ),
    (
        "par",
        "Parts",
        "supplier",
        "Kyoto:JP Taoyuan:TW Ipoh:MY Shenzhen:CN Tianjin:CN Nagano:JP Dongguan:CN Taichung:TW Ningde:CN Daejeon:KR Changzhou:CN "
        "Osaka:JP Hefei:CN Suzhou:CN Ganzhou:CN Kunshan:CN Guadalajara:MX Debrecen:HU",
    ),
    ("pcb", "Circuit boards", "supplier", "Shenzhen:CN Taoyuan:TW Huizhou:CN Graz:AT"),
    (
        "brd",
        "Board assembly",
        "plant",
        "Zhengzhou:CN Chennai:IN Chengdu:CN Hanoi:VN Chongqing:CN Shenzhen:CN Wrocław:PL Bangkok:TH Penang:MY Guadalajara:MX "
        "Timișoara:RO Suzhou:CN",
    ),
    (
        "mod",
        "Modules",
        "plant",
        "Zhengzhou:CN Chennai:IN Chengdu:CN Hanoi:VN Chongqing:CN Shenzhen:CN Guangzhou:CN Suzhou:CN Pune:IN Wrocław:PL "
        "Penang:MY Guadalajara:MX Debrecen:HU",
    ),
    (
        "dev",
        "Devices",
        "plant",
        "Zhengzhou:CN Chennai:IN Chengdu:CN Hanoi:VN Chongqing:CN Shenzhen:CN Brno:CZ Bangkok:TH Ciudad_Juárez:MX",
    ),
)
"""Prefix, name, kind, and ``city:country`` of each site."""

WAREHOUSES = (
    "Memphis:US Reno:US Toronto:CA Mexico_City:MX São_Paulo:BR Buenos_Aires:AR Rotterdam:NL Leipzig:DE Birmingham:GB Madrid:ES "
    "Milan:IT Warsaw:PL Istanbul:TR Dubai:AE Johannesburg:ZA Cairo:EG Delhi:IN Chennai:IN Shanghai:CN Shenzhen:CN Tokyo:JP "
    "Incheon:KR Singapore:SG Sydney:AU"
)
"""``city:country`` of each regional warehouse."""

MARKETS: tuple[tuple[str, int, float, str], ...] = (
    ("US", 22, 1.00, "memphis reno"),
    ("CA", 6, 0.55, "toronto"),
    ("MX", 6, 0.40, "mexico-city"),
    ("CO", 3, 0.25, "mexico-city"),
    ("PE", 2, 0.22, "sao-paulo"),
    ("BR", 8, 0.45, "sao-paulo"),
    ("CL", 2, 0.30, "buenos-aires"),
    ("AR", 4, 0.30, "buenos-aires"),
    ("GB", 8, 0.75, "birmingham"),
    ("IE", 1, 0.50, "birmingham"),
    ("FR", 7, 0.70, "rotterdam"),
    ("NL", 3, 0.60, "rotterdam"),
    ("BE", 2, 0.55, "rotterdam"),
    ("ES", 5, 0.55, "madrid"),
    ("PT", 2, 0.40, "madrid"),
    ("DE", 9, 0.80, "leipzig"),
    ("CH", 2, 0.60, "leipzig"),
    ("AT", 2, 0.50, "leipzig"),
    ("DK", 1, 0.50, "leipzig"),
    ("SE", 2, 0.50, "leipzig"),
    ("IT", 6, 0.60, "milan"),
    ("PL", 4, 0.45, "warsaw"),
    ("CZ", 2, 0.40, "warsaw"),
    ("RO", 2, 0.30, "warsaw"),
    ("TR", 4, 0.35, "istanbul"),
    ("AE", 2, 0.60, "dubai"),
    ("SA", 4, 0.45, "dubai"),
    ("PK", 3, 0.20, "dubai"),
    ("EG", 2, 0.25, "cairo"),
    ("KE", 1, 0.15, "johannesburg"),
    ("NG", 2, 0.18, "johannesburg"),
    ("ZA", 4, 0.35, "johannesburg"),
    ("IN", 10, 0.40, "delhi chennai"),
    ("CN", 12, 0.90, "shanghai shenzhen"),
    ("JP", 11, 0.85, "tokyo"),
    ("KR", 5, 0.75, "incheon"),
    ("TW", 3, 0.60, "shenzhen"),
    ("SG", 1, 0.70, "singapore"),
    ("MY", 2, 0.35, "singapore"),
    ("TH", 2, 0.35, "singapore"),
    ("VN", 3, 0.30, "singapore"),
    ("ID", 4, 0.35, "singapore"),
    ("PH", 2, 0.30, "singapore"),
    ("AU", 5, 0.60, "sydney"),
    ("NZ", 1, 0.40, "sydney"),
)
"""Country, city stores, size of its largest city's market against the largest of all, warehouses (the nearest serves a store)."""

STORE_SPACING_KM = 30.0
"""Two stores are at least this far apart, so that no borough counts as a second city."""

RANK_POWER = 0.6
"""The market of a country's n-th city is the first one's divided by n to this power."""
