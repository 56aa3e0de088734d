"""What a driver pays a month, and why."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, PlainSerializer, WithJsonSchema

from app.database import Data
from app.pricing import Behaviour, Pricing, Profile
from app.problems import problems

from .drivers import find, this_year

TRIPS = """
select count(*) as trips,
  coalesce(sum(distance_km), 0) as distance_km,
  coalesce(sum(minutes), 0) as minutes,
  coalesce(sum(harsh_brakes), 0) as harsh_brakes,
  coalesce(sum(distance_km * night_share), 0) as night_km
from trips where driver_id = $1
"""

# Money as a decimal string: JSON's numbers are binary fractions to most who read them.
Money = Annotated[
    Decimal,
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d+\.\d{2}$", "examples": ["42.50"]}),
]

router = APIRouter(prefix="/drivers/{driver_id}/price", tags=["prices"], responses=problems(404))


class Factor(BaseModel):
    """The premium is multiplied by `effect`: 1.1 makes it a tenth dearer."""

    name: str
    effect: float


class Price(BaseModel):
    """`base_premium` times the effects of all factors is `monthly_premium`."""

    monthly_premium: Money
    base_premium: Money
    currency: str
    factors: list[Factor]
    trips: int
    model_version: str


@router.get("")
async def price(driver_id: UUID, database: Data, model: Pricing) -> Price:
    async with database.connection() as connection:
        driver = await find(connection, driver_id)
        row = dict(await connection.fetchrow(TRIPS, driver_id) or {})
    trips = row.pop("trips")
    profile = Profile.at(this_year(), driver.birth_year, driver.licence_year)
    quote = model.quote(profile, Behaviour(**row))
    return Price(
        monthly_premium=quote.monthly_premium,
        base_premium=quote.base_premium,
        currency=model.currency,
        factors=[Factor(name=name, effect=effect) for name, effect in quote.factors.items()],
        trips=trips,
        model_version=model.version,
    )
