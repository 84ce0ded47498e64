"""Everything that is not speech: silence, noise, coughs, beeps, ringing, and mixing them. Full scale is 1."""

from __future__ import annotations

import numpy as np

from benchmarks.screening.chance import noise_source
from benchmarks.screening.voices import RATE_HZ, Sound


def silence(seconds: float) -> Sound:
    """Nothing at all."""
    return np.zeros(round(seconds * RATE_HZ))


def gain(decibels: float) -> float:
    """The factor of an amplitude."""
    return float(10 ** (decibels / 20))


def rms(sound: Sound) -> float:
    """Of the parts that sound: what lies 30 dB under the peak does not count."""
    loud = sound[np.abs(sound) > np.abs(sound).max() * gain(-30)] if len(sound) else sound
    return float(np.sqrt(np.mean(loud**2))) if len(loud) else 0.0


def at_level(sound: Sound, decibels: float) -> Sound:
    """``sound`` brought to so many decibels below full scale."""
    return sound * (gain(decibels) / rms(sound)) if rms(sound) else sound


def noise(colour: str, samples: int, name: str) -> Sound:
    """``white``, ``pink``, or ``street`` (pink that swells and fades), of power 1; ``name`` makes it its own."""
    source = noise_source(colour, name)
    white = source.standard_normal(samples)
    if colour == "white":
        return white
    spectrum = np.fft.rfft(white)
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(samples, 1 / RATE_HZ), 50.0))
    pink = np.fft.irfft(spectrum, samples)
    if colour == "street":
        knots = source.uniform(-4.0, 4.0, samples // RATE_HZ + 2)
        swell = np.interp(np.arange(samples) / RATE_HZ, np.arange(len(knots)), knots)
        pink = pink * 10 ** (swell / 20)
    return np.asarray(pink / np.sqrt(np.mean(pink**2)))


def cough(name: str) -> Sound:
    """One or two short blasts of coloured noise with a sharp beginning."""
    source = noise_source("cough", name)
    blasts: list[Sound] = []
    for _ in range(int(source.integers(1, 3))):
        samples = round(source.uniform(0.12, 0.25) * RATE_HZ)
        at = np.arange(samples) / RATE_HZ
        shape = np.minimum(at / 0.008, 1.0) * np.exp(-at / source.uniform(0.04, 0.08))
        blasts += [noise("pink", samples, f"{name} {len(blasts)}") * shape, silence(source.uniform(0.06, 0.15))]
    return np.concatenate(blasts[:-1])


def tone(seconds: float, *lines_hz: float, phase: float = 0.0) -> Sound:
    """Sines of equal level, soft edges of 5 ms, with a peak of 1."""
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = sum((np.sin(2 * np.pi * hz * at + phase) for hz in lines_hz), np.zeros(len(at))) / len(lines_hz)
    edge = np.minimum(1.0, np.minimum(at, at[::-1]) / 0.005)
    return np.asarray(wave * edge)


def cadence(seconds: float, pattern: tuple[float, ...], *lines_hz: float) -> Sound:
    """A tone on and off by ``pattern`` (on, off, on, off … in seconds), repeated."""
    pieces: list[Sound] = []
    while sum(map(len, pieces)) < seconds * RATE_HZ:
        for index, length in enumerate(pattern):
            pieces.append(silence(length) if index % 2 else tone(length, *lines_hz))
    return np.concatenate(pieces)[: round(seconds * RATE_HZ)]


def mixed(below: Sound, above: Sound, at_s: float = 0.0) -> Sound:
    """``above`` laid over ``below``, beginning at ``at_s``; as long as ``below``."""
    result = below.copy()
    start = round(at_s * RATE_HZ)
    end = min(len(result), start + len(above))
    result[start:end] += above[: end - start]
    return result
