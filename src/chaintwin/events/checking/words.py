"""The words of the Core Business Vocabulary 2.0 that documents may write without a namespace."""

from __future__ import annotations

from typing import Final

CBV: Final = "https://ref.gs1.org/cbv/"
"""Namespace of the Core Business Vocabulary."""

GS1: Final = "https://gs1.org/voc/"
"""Namespace of the GS1 Web Vocabulary as it is written in every event hash id."""

ACTIONS: Final = ("OBSERVE", "ADD", "DELETE")

EVENT_TYPES: Final = ("ObjectEvent", "AggregationEvent", "AssociationEvent", "TransactionEvent", "TransformationEvent")

_BUSINESS_STEPS: Final = (
    "accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting decommissioning "
    "departing destroying disassembling dispensing encoding entering_exiting holding inspecting installing killing loading other "
    "packing picking receiving removing repackaging repairing replacing reserving retail_selling sampling sensor_reporting "
    "shipping staging_outbound stock_taking stocking storing transporting unloading unpacking void_shipping"
)
BUSINESS_STEPS: Final = tuple(_BUSINESS_STEPS.split())

_DISPOSITIONS: Final = (
    "active available completeness_inferred completeness_verified conformant container_closed container_open damaged destroyed "
    "dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance mismatch_quantity "
    "needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled reserved retail_sold "
    "returned sellable_accessible sellable_not_accessible stolen unavailable unknown"
)
DISPOSITIONS: Final = tuple(_DISPOSITIONS.split())

_TRANSACTION_TYPES: Final = "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"
TRANSACTION_TYPES: Final = tuple(_TRANSACTION_TYPES.split())

PARTY_TYPES: Final = ("owning_party", "possessing_party", "location")

ERROR_REASONS: Final = ("did_not_occur", "incorrect_data")

_MEASUREMENTS: Final = (
    "AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance AmountOfSubstancePerUnitVolume Angle "
    "AngularAcceleration AngularMomentum AngularVelocity Area Capacitance Conductance Conductivity Count Density Dimensionless "
    "DoseEquivalent DoseEquivalentRate DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity "
    "ElectricFieldStrength Energy Exposure Force Frequency Illuminance Inductance Irradiance KinematicViscosity Length "
    "LinearMomentum Luminance LuminousFlux LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass "
    "MassConcentration MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power "
    "Pressure RadiantFlux RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed "
    "SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux "
    "Wavenumber"
)
MEASUREMENTS: Final = tuple(_MEASUREMENTS.split())

SENSOR_ALERTS: Final = ("ALARM_CONDITION", "ERROR_CONDITION")

_COMPONENTS: Final = (
    "x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude longitude "
    "altitude"
)
COMPONENTS: Final = tuple(_COMPONENTS.split())
