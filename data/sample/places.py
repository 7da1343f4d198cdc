"""Cities with what an address there looks like: region, postal code, telephone, how far the carrier has to go."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class City:
    """A city that customers live in.

    Attributes
    ----------
    name, region, country : str
        As written on an address; the country is an ISO code.
    postal : str
        How its postal codes begin.
    dialling : str
        Its area code, as dialled at home.
    transit_days : int
        Working days the carrier needs.
    weight : float
        How many customers live there.
    """

    name: str
    region: str
    country: str
    postal: str
    dialling: str
    transit_days: int
    weight: float


CITIES = (
    City("深圳市", "广东省", "CN", "5180", "0755", 1, 6),
    City("广州市", "广东省", "CN", "5100", "020", 1, 5),
    City("上海市", "上海市", "CN", "2000", "021", 2, 6),
    City("北京市", "北京市", "CN", "1000", "010", 2, 5),
    City("杭州市", "浙江省", "CN", "3100", "0571", 2, 4),
    City("苏州市", "江苏省", "CN", "2150", "0512", 2, 3),
    City("成都市", "四川省", "CN", "6100", "028", 3, 4),
    City("武汉市", "湖北省", "CN", "4300", "027", 2, 3),
    City("西安市", "陕西省", "CN", "7100", "029", 3, 3),
    City("厦门市", "福建省", "CN", "3610", "0592", 2, 2),
    City("青岛市", "山东省", "CN", "2660", "0532", 3, 2),
    City("昆明市", "云南省", "CN", "6500", "0871", 4, 1),
    City("乌鲁木齐市", "新疆维吾尔自治区", "CN", "8300", "0991", 9, 0.7),
    City("拉萨市", "西藏自治区", "CN", "8500", "0891", 10, 0.4),
    City("London", "Greater London", "GB", "SE EC N SW", "020 7", 2, 9),
    City("Manchester", "Greater Manchester", "GB", "M", "0161", 2, 5),
    City("Birmingham", "West Midlands", "GB", "B", "0121", 2, 5),
    City("Leeds", "West Yorkshire", "GB", "LS", "0113", 1, 4),
    City("Bristol", "Bristol", "GB", "BS", "0117", 2, 3),
    City("Liverpool", "Merseyside", "GB", "L", "0151", 2, 3),
    City("Edinburgh", "Midlothian", "GB", "EH", "0131", 3, 3),
    City("Glasgow", "Lanarkshire", "GB", "G", "0141", 3, 3),
    City("Cardiff", "South Glamorgan", "GB", "CF", "029 2", 2, 2),
    City("Norwich", "Norfolk", "GB", "NR", "01603", 2, 2),
    City("Inverness", "Inverness-shire", "GB", "IV", "01463", 6, 0.8),
    City("Lerwick", "Shetland", "GB", "ZE", "01595", 8, 0.4),
    City("香港", "九龍", "HK", "", "", 2, 2),
    City("Berlin", "Berlin", "DE", "10", "030", 4, 1.2),
    City("München", "Bayern", "DE", "80", "089", 4, 1.0),
    City("Dublin", "Leinster", "IE", "D0", "01", 3, 1.2),
    City("New York", "NY", "US", "100", "212", 6, 0.6),
    City("Singapore", "Singapore", "SG", "1", "", 5, 0.6),
)

STREETS_EN = (
    "Market High Station Church Mill Victoria Albert Queen King Bridge Chapel Garden Castle Park Harbour".split()
)
KINDS_EN = ("Street", "Road", "Lane", "Avenue", "Way")
STREETS_ZH = "人民 中山 解放 建设 和平 科技 文化 新华 长江 黄河 迎宾 朝阳 光明 胜利 学府".split()
DISTRICTS_ZH = "南山 福田 朝阳 西湖 江汉 高新 天河 滨江 城东 新城".split()
STREETS_DE = "Linden Bahnhof Garten Schiller Goethe Berg Wiesen".split()


def street_address(rng: np.random.Generator, city: City) -> str:
    """Return an address as people there write it."""
    number = int(rng.integers(1, 180))
    if city.country in ("CN", "HK"):
        district = DISTRICTS_ZH[rng.integers(len(DISTRICTS_ZH))]
        street = STREETS_ZH[rng.integers(len(STREETS_ZH))]
        return f"{district}区{street}路{number}号{rng.integers(1, 12)}栋{rng.integers(1, 30)}{rng.integers(1, 9):02d}室"
    if city.country == "DE":
        return f"{STREETS_DE[rng.integers(len(STREETS_DE))]}straße {number}"
    street = f"{STREETS_EN[rng.integers(len(STREETS_EN))]} {KINDS_EN[rng.integers(len(KINDS_EN))]}"
    return f"Unit {rng.integers(1, 40)}, {number} {street}" if rng.random() < 0.3 else f"{number} {street}"


def postal_code(rng: np.random.Generator, city: City) -> str | None:
    """Return a postal code of the city; Hong Kong has none."""
    if city.country == "CN":
        return f"{city.postal}{rng.integers(0, 100):02d}"
    if city.country == "GB":
        areas = city.postal.split()
        letters = "ABDEFGHJLNPQRSTUWXYZ"
        tail = letters[rng.integers(20)] + letters[rng.integers(20)]
        return f"{areas[rng.integers(len(areas))]}{rng.integers(1, 20)} {rng.integers(1, 10)}{tail}"
    if city.country == "IE":
        return f"{city.postal}{rng.integers(1, 9)} {'ACEFHKNPRTVWXY'[rng.integers(14)]}{rng.integers(100, 999)}"
    width = {"DE": 3, "US": 2, "SG": 5}.get(city.country)
    return None if width is None else f"{city.postal}{rng.integers(0, 10**width):0{width}d}"


def phone_number(rng: np.random.Generator, city: City) -> str:
    """Return a telephone number that exists in the numbering plan, written as people there write it."""

    def some(count: int) -> str:
        return "".join(str(digit) for digit in rng.integers(0, 10, count))

    if city.country == "CN":
        if rng.random() < 0.6:
            start = ("138", "139", "135", "136", "137", "150", "158", "159", "186", "188")[rng.integers(10)]
            return f"{start}{some(8)}" if rng.random() < 0.6 else f"+86 {start} {some(4)} {some(4)}"
        length = 7 if city.dialling in ("0592", "0991", "0891") else 8
        return f"{city.dialling}-{rng.integers(2, 9)}{some(length - 1)}"
    if city.country == "GB":
        if city.dialling.startswith("02"):
            rest = f"946 0{some(3)}" if city.name == "London" else f"034 5{some(3)}"
            return f"{city.dialling}{rest}"
        if len(city.dialling) == 4:
            return f"{city.dialling} 496 0{some(3)}"
        return f"{city.dialling} {rng.integers(2, 9)}{some(5)}"
    return {
        "HK": lambda: f"+852 {(2, 6, 9)[rng.integers(3)]}{rng.integers(3, 7)}{some(2)} {some(4)}",
        "DE": lambda: f"+49 {city.dialling[1:]} {rng.integers(2, 9)}{some(7)}",
        "IE": lambda: f"+353 1 {rng.integers(4, 9)}{some(2)} {some(4)}",
        "US": lambda: f"+1 {city.dialling} {rng.integers(2, 9)}{rng.integers(2, 9)}{some(1)} {some(4)}",
        "SG": lambda: f"+65 6{rng.integers(2, 6)}{some(2)} {some(4)}",
    }[city.country]()
