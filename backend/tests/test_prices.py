"""Prices, by the model that is committed: it can be explained, checked and made again."""

from decimal import Decimal

import httpx
import pytest

from app.pricing import Behaviour, Profile, TripFacts, load_model
from training.portfolio import TRUTH
from training.train import trained

from .shapes import TRIP, register

NO_TRIPS = Behaviour(0, 0, 0, 0)
CALM = Behaviour(distance_km=5000, minutes=6000, harsh_brakes=0, night_km=0)
WILD = Behaviour(distance_km=5000, minutes=3000, harsh_brakes=300, night_km=2500)
EXPERIENCED = Profile(age=45, years_licensed=25)


async def test_a_price_is_the_base_premium_times_its_factors(api: httpx.AsyncClient) -> None:
    path = f"/api/v1/drivers/{(await register(api))['id']}"
    await api.post(f"{path}/trips", json=TRIP)
    price = (await api.get(f"{path}/price")).json()
    expected = Decimal(price["base_premium"])
    for factor in price["factors"]:
        expected *= Decimal(str(factor["effect"]))
    assert price["monthly_premium"] == f"{expected:.2f}"
    assert (price["currency"], price["trips"]) == ("EUR", 1)
    assert price["model_version"] == load_model().version


async def test_the_price_follows_the_trips(api: httpx.AsyncClient) -> None:
    path = f"/api/v1/drivers/{(await register(api))['id']}"
    prices = []
    for brakes in (0, 80):
        await api.post(f"{path}/trips", json={**TRIP, "distance_km": 400, "harsh_brakes": brakes})
        prices.append(Decimal((await api.get(f"{path}/price")).json()["monthly_premium"]))
    assert prices[0] < prices[1]


def test_without_trips_behaviour_counts_as_average() -> None:
    factors = load_model().quote(EXPERIENCED, NO_TRIPS).factors
    assert factors["harsh braking"] == factors["night driving"] == factors["speed"] == 1


def test_calm_driving_is_cheaper_than_none_and_wild_driving_dearer() -> None:
    premiums = [
        load_model().quote(EXPERIENCED, behaviour).monthly_premium
        for behaviour in (CALM, NO_TRIPS, WILD)
    ]
    assert premiums == sorted(premiums)
    assert premiums[0] < premiums[1] < premiums[2]


def test_the_first_trips_count_for_less_than_many() -> None:
    few = Behaviour(distance_km=50, minutes=30, harsh_brakes=3, night_km=25)
    model = load_model()
    assert model.quote(EXPERIENCED, few).factors["harsh braking"] > 1
    assert (
        model.quote(EXPERIENCED, few).factors["harsh braking"]
        < model.quote(EXPERIENCED, WILD).factors["harsh braking"]
    )


@pytest.mark.parametrize(("age", "licensed"), [(19, 1), (85, 60)])
def test_the_young_and_the_old_pay_for_their_risk(age: int, licensed: int) -> None:
    model = load_model()
    theirs = model.quote(Profile(age, licensed), NO_TRIPS).monthly_premium
    assert theirs > model.quote(EXPERIENCED, NO_TRIPS).monthly_premium


def test_an_unknown_licence_counts_as_average() -> None:
    assert load_model().quote(Profile(45, None), NO_TRIPS).factors["experience"] == 1


@pytest.mark.parametrize("trip", [TripFacts(0.01, 2880, 1000, 1), TripFacts(5000, 0.1, 0, 0)])
def test_no_trip_is_outside_of_the_scale(trip: TripFacts) -> None:
    assert 0 <= load_model().score(trip) <= 100


def test_training_again_gives_the_model_that_is_committed() -> None:
    again, committed = trained(), load_model()
    assert again.coefficients == pytest.approx(committed.coefficients, abs=2e-6)
    assert again.intercept == pytest.approx(committed.intercept, abs=2e-6)
    assert again.means == pytest.approx(committed.means, abs=2e-6)
    assert (again.claim_cost, again.currency) == (committed.claim_cost, committed.currency)


def test_training_finds_the_truth_that_the_drivers_were_drawn_by() -> None:
    assert load_model().coefficients == pytest.approx(TRUTH, abs=0.2)
