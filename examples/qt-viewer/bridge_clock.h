// How far the bridge's clock is from ours, so that a picture's age can be told.
#pragma once

#include <QElapsedTimer>

#include <algorithm>
#include <deque>
#include <optional>

// Estimated as NTP does: of several questions and answers the one with the shortest round trip says most, because the
// least of it can have been waiting on one way.
class BridgeClock {
public:
    BridgeClock() { own_.start(); }

    // Our time in µs. Unlike the time of day it does not jump when the clock is set.
    qint64 ownUs() const { return own_.nsecsElapsed() / 1000; }

    // Forgets what was measured: another connection may lead to another bridge.
    void reset() { samples_.clear(); }

    // The bridge said `bridgeUs` (Unix time) in its answer to a question that we sent at `sentUs`.
    void answered(qint64 sentUs, qint64 bridgeUs)
    {
        const qint64 now = ownUs();
        if (sentUs < 0 || sentUs > now || bridgeUs <= 0 || bridgeUs > latestUs)
            return;
        // Clocks drift, so old answers go.
        while (!samples_.empty() && (samples_.size() >= kept || now - samples_.front().at > keptUs))
            samples_.pop_front();
        samples_.push_back({now, now - sentUs, bridgeUs - (sentUs + now) / 2});
    }

    // The bridge's Unix time in µs; none before its first answer.
    std::optional<qint64> nowUs() const
    {
        const auto shorter = [](const Sample& a, const Sample& b) { return a.roundTrip < b.roundTrip; };
        const auto best = std::min_element(samples_.begin(), samples_.end(), shorter);
        return best == samples_.end() ? std::nullopt : std::optional(ownUs() + best->offset);
    }

private:
    struct Sample {
        qint64 at, roundTrip, offset; // µs
    };
    static constexpr size_t kept = 24;
    static constexpr qint64 keptUs = 60'000'000;
    static constexpr qint64 latestUs = qint64(1) << 62; // far in the future, and far from an overflow

    QElapsedTimer own_;
    std::deque<Sample> samples_;
};
