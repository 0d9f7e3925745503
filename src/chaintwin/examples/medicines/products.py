"""What the medicines network makes: twelve medicines, their bulk forms, active ingredients and materials.

Molecules, strengths and pack sizes are real, from the kind of list every health ministry has; prices and weights are of the usual
size and invented in detail.
"""

from __future__ import annotations

MEDICINES: tuple[tuple[str, str, int, float, float, float, int, float], ...] = (
    ("amox", "Amoxicillin 500 mg, 100 capsules", 100, 0.075, 0.00030, 2.60, 730, 8.0),
    ("al", "Artemether-lumefantrine 20/120 mg, 24 tablets", 24, 0.020, 0.00009, 0.95, 730, 9.0),
    ("aml", "Amlodipine 5 mg, 100 tablets", 100, 0.040, 0.00016, 0.90, 1095, 5.0),
    ("cef", "Ceftriaxone 1 g, 10 vials", 10, 0.280, 0.00090, 5.20, 730, 2.0),
    ("tld", "Tenofovir-lamivudine-dolutegravir 300/300/50 mg, 30 tablets", 30, 0.060, 0.00024, 3.80, 1095, 5.0),
    ("met", "Metformin 500 mg, 100 tablets", 100, 0.085, 0.00030, 1.30, 1095, 6.0),
    ("ome", "Omeprazole 20 mg, 100 capsules", 100, 0.050, 0.00026, 1.90, 730, 4.0),
    ("ors", "Oral rehydration salts, 20 sachets", 20, 0.450, 0.00080, 1.40, 1095, 5.0),
    ("oxy", "Oxytocin 10 IU, 10 ampoules", 10, 0.030, 0.00020, 3.10, 730, 0.6),
    ("par", "Paracetamol 500 mg, 100 tablets", 100, 0.070, 0.00028, 0.75, 1095, 12.0),
    ("sal", "Salbutamol 100 µg, inhaler of 200 doses", 1, 0.030, 0.00022, 1.45, 730, 0.9),
    ("zin", "Zinc 20 mg, 100 tablets", 100, 0.040, 0.00016, 1.10, 1095, 2.5),
)
"""Id, name, dosage units in a pack, kg, m³, value in US dollars, shelf life in days, packs a day and million people."""

BULK: tuple[tuple[str, str, float, float, tuple[tuple[str, float], ...]], ...] = (
    ("amox", "Amoxicillin capsules", 0.65, 15.5, (("api-amoxicillin", 0.50), ("filler", 0.05), ("capsules", 1.0))),
    (
        "al",
        "Artemether-lumefantrine tablets",
        0.26,
        26.0,
        (("api-artemether", 0.02), ("api-lumefantrine", 0.12), ("filler", 0.11)),
    ),
    ("aml", "Amlodipine tablets", 0.21, 4.6, (("api-amlodipine", 0.005), ("filler", 0.20))),
    ("cef", "Ceftriaxone vials", 20.0, 320.0, (("api-ceftriaxone", 1.0), ("vials", 1.0))),
    (
        "tld",
        "Tenofovir-lamivudine-dolutegravir tablets",
        1.0,
        98.0,
        (("api-tenofovir", 0.30), ("api-lamivudine", 0.30), ("api-dolutegravir", 0.05), ("filler", 0.35)),
    ),
    ("met", "Metformin tablets", 0.62, 6.6, (("api-metformin", 0.50), ("filler", 0.10))),
    ("ome", "Omeprazole capsules", 0.30, 11.0, (("api-omeprazole", 0.02), ("filler", 0.20), ("capsules", 1.0))),
    ("ors", "Oral rehydration sachets", 21.0, 52.0, (("glucose", 20.5), ("laminate", 1.2))),
    ("oxy", "Oxytocin ampoules", 2.4, 190.0, (("api-oxytocin", 0.017), ("ampoules", 1.0))),
    ("par", "Paracetamol tablets", 0.58, 4.0, (("api-paracetamol", 0.50), ("filler", 0.07))),
    ("sal", "Salbutamol inhalers", 27.0, 900.0, (("api-salbutamol", 0.02), ("canisters", 1.0))),
    ("zin", "Zinc tablets", 0.21, 5.0, (("api-zinc", 0.055), ("filler", 0.15))),
)
"""Medicine, name, weight in kg and value in dollars of a thousand dosage units, and what goes into a thousand."""

SCRAP_RATE = 0.02
"""Share of each input that formulation loses."""

ACTIVES: tuple[tuple[str, str, float, tuple[tuple[str, float], ...]], ...] = (
    ("api-amoxicillin", "Amoxicillin trihydrate", 24.0, (("int-6apa", 0.62),)),
    ("api-artemether", "Artemether", 310.0, ()),
    ("api-lumefantrine", "Lumefantrine", 95.0, ()),
    ("api-amlodipine", "Amlodipine besilate", 190.0, ()),
    ("api-ceftriaxone", "Ceftriaxone sodium, sterile", 125.0, (("int-7aca", 0.60),)),
    ("api-tenofovir", "Tenofovir disoproxil fumarate", 105.0, ()),
    ("api-lamivudine", "Lamivudine", 92.0, ()),
    ("api-dolutegravir", "Dolutegravir sodium", 560.0, ()),
    ("api-metformin", "Metformin hydrochloride", 4.2, ()),
    ("api-omeprazole", "Omeprazole", 88.0, ()),
    ("api-oxytocin", "Oxytocin, by the gram", 1_900.0, ()),
    ("api-paracetamol", "Paracetamol", 4.6, (("int-pap", 0.74),)),
    ("api-salbutamol", "Salbutamol sulfate, micronized", 620.0, ()),
    ("api-zinc", "Zinc sulfate monohydrate", 3.1, ()),
)
"""Active ingredients: id, name, value in dollars a kg, and the intermediates that go into a kg."""

MATERIALS: tuple[tuple[str, str, str, float, float], ...] = (
    ("int-6apa", "6-Aminopenicillanic acid", "kg", 1.0, 19.0),
    ("int-7aca", "7-Aminocephalosporanic acid", "kg", 1.0, 62.0),
    ("int-pap", "4-Aminophenol", "kg", 1.0, 3.2),
    ("filler", "Lactose and cellulose", "kg", 1.0, 1.8),
    ("glucose", "Glucose and salts", "kg", 1.0, 1.1),
    ("capsules", "Hard gelatin capsules", "thousand", 0.11, 1.7),
    ("vials", "Glass vials with stoppers", "thousand", 16.0, 95.0),
    ("ampoules", "Glass ampoules", "thousand", 1.9, 42.0),
    ("canisters", "Inhaler canisters with valves", "thousand", 24.0, 610.0),
    ("laminate", "Sachet laminate", "kg", 1.0, 4.4),
    ("foil", "Blister foil", "kg", 1.0, 6.5),
    ("carton", "Folding carton with leaflet", "each", 0.008, 0.02),
)
"""Intermediates, excipients and packaging: id, name, unit, weight in kg and value in dollars of one unit."""

FOIL_KG_PER_THOUSAND = 0.12
"""Blister foil for a thousand tablets or capsules; vials, ampoules, sachets and inhalers need none."""

BLISTERED = frozenset({"amox", "al", "aml", "tld", "met", "ome", "par", "zin"})

CASE_PACKS, PALLET_CASES = 48, 40
"""Packs in a case, cases on a pallet."""


def bulk_id(medicine: str) -> str:
    """Return the product id of the bulk form of a medicine."""
    return f"bulk-{medicine}"
