"""What the electronics network makes: wafers, dies, chips, parts, boards, modules and devices; all figures are invented.

What goes into one unit is written as ``board:2 case``: two boards and one case.
"""

from __future__ import annotations

WAFERS: tuple[tuple[str, str, float, float, str], ...] = (
    ("wafer-200", "Silicon wafer 200 mm", 0.053, 45.0, "waf-niigata waf-munich"),
    ("wafer-300", "Silicon wafer 300 mm", 0.128, 110.0, "waf-niigata waf-hsinchu waf-daejeon"),
    ("wafer-sic", "Silicon carbide wafer 150 mm", 0.020, 850.0, "waf-portland"),
)
"""Id, name, weight in kg, value in dollars, makers."""

DIES: tuple[tuple[str, str, str, int, float, float, str], ...] = (
    ("die-processor", "Application processor die, 5 nm", "wafer-300", 550, 0.82, 31.0, "fab-tainan"),
    ("die-modem", "Radio modem die, 7 nm", "wafer-300", 800, 0.86, 12.0, "fab-tainan fab-hsinchu"),
    ("die-memory", "Memory die", "wafer-300", 900, 0.90, 2.6, "fab-pyeongtaek fab-hiroshima"),
    ("die-flash", "Flash die", "wafer-300", 700, 0.88, 2.9, "fab-pyeongtaek fab-wuhan"),
    ("die-controller", "Microcontroller die", "wafer-300", 3_500, 0.95, 0.42, "fab-dresden fab-shanghai"),
    ("die-sensor", "Image sensor die", "wafer-300", 1_200, 0.89, 2.1, "fab-kumamoto"),
    ("die-driver", "Display driver die", "wafer-300", 4_000, 0.94, 0.33, "fab-taichung fab-shanghai"),
    ("die-wireless", "Wireless die", "wafer-300", 2_500, 0.92, 0.75, "fab-hsinchu fab-singapore"),
    ("die-power", "Power management die", "wafer-200", 3_000, 0.96, 0.16, "fab-austin fab-taichung"),
    ("die-analog", "Analog die", "wafer-200", 5_000, 0.97, 0.08, "fab-austin fab-dresden"),
    ("die-motion", "Motion sensor die", "wafer-200", 4_500, 0.93, 0.12, "fab-grenoble"),
    ("die-switch", "Silicon carbide switch die", "wafer-sic", 350, 0.80, 4.1, "fab-phoenix"),
)
"""Id, name, wafer, dies on a wafer, share that is good, value in dollars, fabs."""

CHIPS: tuple[tuple[str, str, str, float, str], ...] = (
    (
        "chip-processor",
        "Processor package with memory",
        "die-processor die-memory:2 substrate",
        46.0,
        "osa-kaohsiung osa-incheon",
    ),
    ("chip-modem", "Modem package", "die-modem substrate", 16.0, "osa-kaohsiung osa-suzhou"),
    ("chip-memory", "Memory package", "die-memory:4 substrate", 13.0, "osa-incheon osa-suzhou"),
    ("chip-flash", "Flash package", "die-flash:4 substrate", 14.5, "osa-incheon osa-wuxi"),
    ("chip-controller", "Microcontroller", "die-controller leadframe", 0.9, "osa-penang osa-calamba"),
    ("chip-camera", "Camera sensor package", "die-sensor substrate", 4.2, "osa-kumamoto"),
    ("chip-driver", "Display driver on film", "die-driver film", 0.8, "osa-kaohsiung osa-wuxi"),
    ("chip-wireless", "Wireless chip", "die-wireless leadframe", 1.6, "osa-penang osa-ho-chi-minh-city"),
    ("chip-power", "Power management chip", "die-power leadframe", 0.5, "osa-malacca osa-bangkok"),
    ("chip-charger", "Charging chip", "die-power die-analog leadframe", 0.8, "osa-malacca osa-bangkok"),
    ("chip-audio", "Audio chip", "die-analog:2 leadframe", 0.6, "osa-calamba osa-batam"),
    ("chip-amplifier", "Amplifier", "die-analog leadframe", 0.3, "osa-calamba osa-batam"),
    ("chip-motion", "Motion sensor", "die-motion substrate", 0.9, "osa-penang"),
    ("chip-switch", "Silicon carbide switch", "die-switch leadframe", 7.0, "osa-guadalajara"),
    ("chip-display", "Display bridge", "die-controller die-analog substrate", 1.7, "osa-ho-chi-minh-city osa-suzhou"),
    ("chip-secure", "Secure element", "die-controller leadframe", 1.1, "osa-calamba osa-penang"),
)
"""Id, name, what goes in, value in dollars, assembly and test sites."""

PARTS: tuple[tuple[str, str, float, float, str], ...] = (
    ("substrate", "Package substrate", 0.001, 0.9, "par-kyoto par-taoyuan"),
    ("leadframe", "Lead frame", 0.0005, 0.03, "par-ipoh par-shenzhen"),
    ("film", "Driver film", 0.0003, 0.12, "par-kyoto"),
    ("capacitors", "Ceramic capacitors, a hundred", 0.002, 0.35, "par-kyoto par-tianjin"),
    ("resistors", "Resistors, a hundred", 0.002, 0.09, "par-taoyuan par-shenzhen"),
    ("inductors", "Inductors, ten", 0.002, 0.40, "par-nagano par-dongguan"),
    ("connector", "Board connector", 0.002, 0.35, "par-nagano par-dongguan"),
    ("crystal", "Timing crystal", 0.0002, 0.18, "par-nagano"),
    ("pcb-small", "Printed circuit board, small", 0.006, 1.1, "pcb-shenzhen pcb-taoyuan"),
    ("pcb-main", "Printed circuit board, ten layers", 0.020, 4.5, "pcb-huizhou pcb-taoyuan"),
    ("pcb-power", "Printed circuit board, thick copper", 0.040, 5.0, "pcb-graz pcb-shenzhen"),
    ("lens", "Lens stack", 0.001, 1.4, "par-taichung par-dongguan"),
    ("cell", "Battery cell", 0.045, 3.2, "par-ningde par-daejeon"),
    ("glass", "Cover glass", 0.020, 2.6, "par-changzhou par-osaka"),
    ("panel", "Display panel", 0.050, 19.0, "par-daejeon par-hefei"),
    ("antenna", "Antenna", 0.002, 0.30, "par-dongguan par-suzhou"),
    ("speaker", "Speaker", 0.004, 0.55, "par-dongguan"),
    ("magnet", "Permanent magnet", 0.008, 0.70, "par-ganzhou"),
    ("case-metal", "Metal case", 0.060, 4.0, "par-kunshan par-dongguan"),
    ("case-plastic", "Plastic case", 0.040, 1.2, "par-shenzhen par-guadalajara"),
    ("cable", "Cable", 0.020, 0.60, "par-shenzhen par-guadalajara"),
    ("carton", "Gift box", 0.080, 0.70, "par-shenzhen par-guadalajara par-debrecen"),
)
"""Id, name, weight in kg, value in dollars, makers."""

BOARDS: tuple[tuple[str, str, str, float, str], ...] = (
    (
        "board-phone",
        "Phone main board",
        "pcb-main chip-processor chip-modem chip-flash chip-power:2 chip-wireless chip-secure "
        "capacitors:6 resistors:3 inductors:2 crystal:2 connector:6",
        108.0,
        "brd-zhengzhou brd-chennai",
    ),
    (
        "board-tablet",
        "Tablet main board",
        "pcb-main chip-processor chip-flash chip-power:2 chip-wireless capacitors:6 resistors:3 crystal connector:6",
        88.0,
        "brd-chengdu brd-hanoi",
    ),
    (
        "board-laptop",
        "Laptop main board",
        "pcb-main:2 chip-processor chip-memory:2 chip-flash:2 chip-power:4 chip-wireless "
        "capacitors:10 resistors:6 inductors:4 connector:9",
        148.0,
        "brd-chongqing brd-hanoi",
    ),
    (
        "board-watch",
        "Watch board",
        "pcb-small chip-controller chip-wireless chip-motion chip-power chip-memory capacitors",
        24.0,
        "brd-shenzhen brd-hanoi",
    ),
    (
        "board-router",
        "Router board",
        "pcb-main chip-controller:2 chip-wireless:3 chip-memory chip-flash capacitors:4 resistors:2 connector:6",
        46.0,
        "brd-shenzhen brd-wroclaw",
    ),
    (
        "board-camera",
        "Camera board",
        "pcb-small chip-controller chip-memory chip-flash chip-motion capacitors:2 connector:3",
        36.0,
        "brd-bangkok brd-shenzhen",
    ),
    (
        "board-audio",
        "Audio board",
        "pcb-small chip-audio chip-amplifier:2 chip-controller chip-wireless capacitors",
        7.0,
        "brd-shenzhen brd-penang",
    ),
    (
        "board-charger",
        "Charger board",
        "pcb-power chip-charger chip-controller inductors:2 capacitors",
        10.5,
        "brd-shenzhen brd-guadalajara",
    ),
    (
        "board-inverter",
        "Inverter board",
        "pcb-power:2 chip-switch:6 chip-controller chip-amplifier:6 inductors:4 capacitors:4 connector:4",
        78.0,
        "brd-timisoara brd-guadalajara",
    ),
    ("board-display", "Display board", "pcb-small chip-driver:2 chip-display capacitors", 6.5, "brd-suzhou brd-hanoi"),
    (
        "board-sensor",
        "Sensor board",
        "pcb-small chip-motion chip-controller chip-wireless capacitors",
        7.5,
        "brd-penang brd-timisoara",
    ),
    (
        "board-battery",
        "Battery protection board",
        "pcb-small chip-charger chip-amplifier capacitors",
        3.6,
        "brd-shenzhen brd-hanoi",
    ),
)
"""Id, name, what goes in, value in dollars, board plants."""

MODULES: tuple[tuple[str, str, str, float, str], ...] = (
    ("module-phone-core", "Phone core", "board-phone antenna:4 speaker:2 magnet:2", 119.0, "mod-zhengzhou mod-chennai"),
    ("module-tablet-core", "Tablet core", "board-tablet antenna:2 speaker:2 magnet:4", 97.0, "mod-chengdu mod-hanoi"),
    ("module-laptop-core", "Laptop core", "board-laptop antenna:2 speaker:2 cable:2", 158.0, "mod-chongqing"),
    ("module-watch-core", "Watch core", "board-watch antenna magnet", 27.0, "mod-shenzhen mod-hanoi"),
    ("module-camera", "Camera module", "chip-camera lens magnet connector", 9.0, "mod-guangzhou mod-hanoi"),
    ("module-display", "Display module", "panel glass board-display", 34.0, "mod-suzhou mod-hanoi"),
    ("module-battery", "Battery pack", "cell:2 board-battery cable", 13.5, "mod-shenzhen mod-pune"),
    ("module-router-core", "Router core", "board-router antenna:6", 52.0, "mod-shenzhen mod-wroclaw"),
    ("module-audio", "Audio module", "board-audio speaker:2 magnet:2", 11.5, "mod-guangzhou mod-penang"),
    ("module-power", "Power module", "board-charger cable:2", 14.0, "mod-shenzhen mod-guadalajara"),
    ("module-inverter", "Inverter module", "board-inverter cable:4 case-metal", 98.0, "mod-guadalajara mod-debrecen"),
    ("module-sensor", "Sensor module", "board-sensor antenna", 9.5, "mod-penang mod-debrecen"),
)
"""Id, name, what goes in, value in dollars, module plants."""

DEVICES: tuple[tuple[str, str, str, float, float, float, float, str], ...] = (
    (
        "phone",
        "Phone",
        "module-phone-core module-camera:3 module-display module-battery case-metal carton",
        0.45,
        236.0,
        429.0,
        42.0,
        "dev-zhengzhou dev-chennai",
    ),
    (
        "tablet",
        "Tablet",
        "module-tablet-core module-camera:2 module-display module-battery:2 case-metal carton",
        0.9,
        212.0,
        379.0,
        11.0,
        "dev-chengdu dev-hanoi",
    ),
    (
        "laptop",
        "Laptop",
        "module-laptop-core module-camera module-display:2 module-battery:3 module-power case-metal:2 carton",
        2.6,
        330.0,
        649.0,
        9.0,
        "dev-chongqing",
    ),
    (
        "watch",
        "Watch",
        "module-watch-core module-battery glass case-metal carton",
        0.25,
        62.0,
        149.0,
        14.0,
        "dev-shenzhen dev-hanoi",
    ),
    ("router", "Router", "module-router-core module-power case-plastic carton", 0.8, 76.0, 119.0, 8.0, "dev-shenzhen dev-brno"),
    (
        "speaker-set",
        "Wireless speaker",
        "module-audio:2 module-battery module-power case-plastic carton",
        1.1,
        58.0,
        99.0,
        10.0,
        "dev-shenzhen dev-ciudad-juarez",
    ),
    (
        "action-camera",
        "Action camera",
        "board-camera module-camera module-battery case-plastic carton",
        0.35,
        71.0,
        159.0,
        4.0,
        "dev-bangkok",
    ),
    (
        "charger-wall",
        "Wall charger for cars",
        "module-inverter module-power module-sensor case-metal:2 carton:2",
        6.5,
        152.0,
        399.0,
        1.8,
        "dev-ciudad-juarez dev-brno",
    ),
    ("tracker", "Tracker", "module-sensor cell case-plastic carton", 0.12, 16.5, 35.0, 16.0, "dev-chennai dev-hanoi"),
)
"""Id, name, what goes in, weight in kg, value and price in dollars, units a day in the largest market, device plants."""


def inputs_of(text: str) -> tuple[tuple[str, float], ...]:
    """Return the inputs written as ``board:2 case``: pairs of product and quantity.

    Example
    -------
    >>> inputs_of("board:2 case")
    (('board', 2.0), ('case', 1.0))
    """
    pairs = (word.partition(":") for word in text.split())
    return tuple((product, float(quantity or 1)) for product, _, quantity in pairs)
