type Factors = Readonly<Record<string, number>>;

const METRIC: Factors = {
  Nano: 1e-9,
  Micro: 1e-6,
  Milli: 1e-3,
  Centi: 1e-2,
  Deci: 1e-1,
  Deca: 10,
  Hecto: 100,
  Kilo: 1e3,
  Mega: 1e6,
  Giga: 1e9,
  Tera: 1e12,
};

/** `Kilo` + `Meter` → `Kilometer` for the prefixes that are named. */
const prefixed = (prefixes: string, unit: string, factor: number, power = 1): Factors =>
  Object.fromEntries(
    prefixes.split(" ").map((prefix) => [`${prefix}${unit.toLowerCase()}`, (METRIC[prefix] ?? 1) ** power * factor]),
  );

const [INCH, FOOT, YARD, MILE, SURVEY_FOOT, LIGHT_YEAR, PARSEC] = [
  0.0254,
  0.3048,
  0.9144,
  1609.344,
  1200 / 3937,
  9.46073047258e15,
  3.08567758128e16,
];
const [POUND, GRAVITY, RADIAN] = [0.45359237, 9.80665, 180 / Math.PI];
const [BTU, CALORIE, ELECTRON_VOLT, WATT_HOUR] = [1055.05585262, 4.184, 1.602176565e-19, 3600];

/** Degrees. */
const angle: Factors = {
  Arcminute: 1 / 60,
  Arcsecond: 1 / 3600,
  Degree: 1,
  Gradian: 0.9,
  NatoMil: 9 / 160,
  Radian: RADIAN,
  Revolution: 360,
  Tilt: RADIAN,
  ...prefixed("Nano Micro Milli", "Degree", 1),
  ...prefixed("Nano Micro Milli Centi Deci", "Radian", RADIAN),
};

/** Joules. */
const energy: Factors = {
  BritishThermalUnit: BTU,
  Calorie: CALORIE,
  DecathermEc: 1.05505585262e9,
  DecathermImperial: 1.05505585257348e9,
  DecathermUs: 1.054804e9,
  ElectronVolt: ELECTRON_VOLT,
  Erg: 1e-7,
  FootPound: 1.355817948,
  GigabritishThermalUnit: BTU * 1e9,
  GigaelectronVolt: ELECTRON_VOLT * 1e9,
  GigawattDay: 24 * WATT_HOUR * 1e9,
  GigawattHour: WATT_HOUR * 1e9,
  HorsepowerHour: 2.6845195377e6,
  Joule: 1,
  KilobritishThermalUnit: BTU * 1e3,
  KiloelectronVolt: ELECTRON_VOLT * 1e3,
  KilowattDay: 24 * WATT_HOUR * 1e3,
  KilowattHour: WATT_HOUR * 1e3,
  MegabritishThermalUnit: BTU * 1e6,
  MegaelectronVolt: ELECTRON_VOLT * 1e6,
  MegawattDay: 24 * WATT_HOUR * 1e6,
  MegawattHour: WATT_HOUR * 1e6,
  TeraelectronVolt: ELECTRON_VOLT * 1e12,
  TerawattDay: 24 * WATT_HOUR * 1e12,
  TerawattHour: WATT_HOUR * 1e12,
  ThermEc: 1.05505585262e8,
  ThermImperial: 1.05505585257348e8,
  ThermUs: 1.054804e8,
  WattDay: 24 * WATT_HOUR,
  WattHour: WATT_HOUR,
  ...prefixed("Kilo Mega", "Calorie", CALORIE),
  ...prefixed("Milli Kilo Mega Giga", "Joule", 1),
};

/** Newtons. */
const force: Factors = {
  Dyn: 1e-5,
  KilogramForce: GRAVITY,
  KiloPond: GRAVITY,
  KilopoundForce: 1000 * POUND * GRAVITY,
  Newton: 1,
  OunceForce: (POUND * GRAVITY) / 16,
  Poundal: POUND * FOOT,
  PoundForce: POUND * GRAVITY,
  ShortTonForce: 2000 * POUND * GRAVITY,
  TonneForce: 1000 * GRAVITY,
  ...prefixed("Micro Milli Deca Kilo Mega", "Newton", 1),
};

/** Metres. */
const length: Factors = {
  Angstrom: 1e-10,
  AstronomicalUnit: 1.495978707e11,
  Chain: 20.1168,
  DataMile: 1828.8,
  DtpPica: INCH / 6,
  DtpPoint: INCH / 72,
  Fathom: 1.8288,
  Foot: FOOT,
  Hand: 0.1016,
  Inch: INCH,
  KilolightYear: LIGHT_YEAR * 1e3,
  LightYear: LIGHT_YEAR,
  MegalightYear: LIGHT_YEAR * 1e6,
  Meter: 1,
  Microinch: INCH * 1e-6,
  Mil: INCH / 1000,
  Mile: MILE,
  NauticalMile: 1852,
  Parsec: PARSEC,
  PrinterPica: INCH / 6.0225,
  PrinterPoint: INCH / 72.27,
  Shackle: 27.432,
  SolarRadius: 6.9551e8,
  Twip: INCH / 1440,
  UsSurveyFoot: SURVEY_FOOT,
  Yard: YARD,
  ...prefixed("Nano Micro Milli Centi Deci Deca Hecto Kilo", "Meter", 1),
  ...prefixed("Kilo Mega", "Parsec", PARSEC),
};

/** Kilograms. */
const mass: Factors = {
  EarthMass: 5.9722e24,
  Grain: POUND / 7000,
  Gram: 1e-3,
  LongHundredweight: 112 * POUND,
  LongTon: 2240 * POUND,
  Ounce: POUND / 16,
  Pound: POUND,
  ShortHundredweight: 100 * POUND,
  ShortTon: 2000 * POUND,
  Slug: (POUND * GRAVITY) / FOOT,
  SolarMass: 1.98947e30,
  Stone: 14 * POUND,
  Tonne: 1000,
  ...prefixed("Nano Micro Milli Centi Deci Deca Hecto Kilo", "Gram", 1e-3),
  ...prefixed("Kilo Mega", "Pound", POUND),
  ...prefixed("Kilo Mega", "Tonne", 1000),
};

const PER: Factors = { Second: 1, Minute: 60, Hour: 3600 };
const DISTANCES: Factors = {
  ...prefixed("Nano Micro Milli Centi Deci Kilo", "Meter", 1),
  Meter: 1,
  Foot: FOOT,
  Inch: INCH,
  Mile: MILE,
  UsSurveyFoot: SURVEY_FOOT,
  Yard: YARD,
};
/** Metres per second. */
const speed: Factors = {
  Knot: 1852 / 3600,
  ...Object.fromEntries(
    Object.entries(DISTANCES).flatMap(([name, metres]) =>
      Object.entries(PER).map(([time, seconds]) => [`${name}Per${time}`, metres / seconds]),
    ),
  ),
};

const [LITRE, CUBIC_FOOT, CUBIC_INCH] = [1e-3, FOOT ** 3, INCH ** 3];
const [US_GALLON, IMPERIAL_GALLON] = [231 * CUBIC_INCH, 4.54609e-3];
/** Cubic metres. */
const volume: Factors = {
  AcreFoot: 1 / 0.000810714,
  AuTablespoon: 2e-5,
  BoardFoot: CUBIC_FOOT / 12,
  CubicFoot: CUBIC_FOOT,
  CubicInch: CUBIC_INCH,
  CubicMeter: 1,
  CubicMile: MILE ** 3,
  CubicYard: YARD ** 3,
  CubicMicrometer: 1e-18,
  CubicMillimeter: 1e-9,
  CubicCentimeter: 1e-6,
  CubicDecimeter: 1e-3,
  CubicHectometer: 1e6,
  CubicKilometer: 1e9,
  ImperialBeerBarrel: 36 * IMPERIAL_GALLON,
  ImperialGallon: IMPERIAL_GALLON,
  ImperialOunce: IMPERIAL_GALLON / 160,
  ImperialPint: IMPERIAL_GALLON / 8,
  Liter: LITRE,
  MetricCup: 2.5e-4,
  MetricTeaspoon: 5e-6,
  OilBarrel: 42 * US_GALLON,
  UkTablespoon: 1.5e-5,
  UsBeerBarrel: 31 * US_GALLON,
  UsCustomaryCup: US_GALLON / 16,
  UsGallon: US_GALLON,
  UsLegalCup: 2.4e-4,
  UsOunce: US_GALLON / 128,
  UsPint: US_GALLON / 8,
  UsQuart: US_GALLON / 4,
  UsTablespoon: US_GALLON / 256,
  UsTeaspoon: US_GALLON / 768,
  HectocubicFoot: 100 * CUBIC_FOOT,
  KilocubicFoot: 1e3 * CUBIC_FOOT,
  MegacubicFoot: 1e6 * CUBIC_FOOT,
  HectocubicMeter: 100,
  KilocubicMeter: 1e3,
  DecausGallon: 10 * US_GALLON,
  DeciusGallon: US_GALLON / 10,
  HectousGallon: 100 * US_GALLON,
  KilousGallon: 1e3 * US_GALLON,
  MegausGallon: 1e6 * US_GALLON,
  KiloimperialGallon: 1e3 * IMPERIAL_GALLON,
  MegaimperialGallon: 1e6 * IMPERIAL_GALLON,
  ...prefixed("Micro Milli Centi Deci Deca Hecto Kilo Mega", "Liter", LITRE),
};

/** Units by quantity, with what one of them is in the quantity's base unit. */
export const FACTORS: Readonly<Record<string, Factors>> = { angle, energy, force, length, mass, speed, volume };

/** Kelvin = value · scale + zero. */
export const TEMPERATURES: ReadonlyMap<string, { readonly scale: number; readonly zero: number }> = new Map(
  Object.entries({
    Kelvin: { scale: 1, zero: 0 },
    DegreeCelsius: { scale: 1, zero: 273.15 },
    MillidegreeCelsius: { scale: 1e-3, zero: 273.15 },
    DegreeFahrenheit: { scale: 5 / 9, zero: (459.67 * 5) / 9 },
    DegreeRankine: { scale: 5 / 9, zero: 0 },
    DegreeDelisle: { scale: -2 / 3, zero: 373.15 },
    DegreeNewton: { scale: 100 / 33, zero: 273.15 },
    DegreeReaumur: { scale: 5 / 4, zero: 273.15 },
    DegreeRoemer: { scale: 40 / 21, zero: 273.15 - (7.5 * 40) / 21 },
    SolarTemperature: { scale: 5778, zero: 0 },
  }),
);
