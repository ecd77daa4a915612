// How many of something come a second.
#pragma once

#include <QElapsedTimer>

#include <deque>

class Rate {
public:
    Rate() { clock_.start(); }

    void count()
    {
        arrivals_.push_back(clock_.elapsed());
        forget();
    }

    // Over the last three seconds; 0 where too little came to tell.
    double perSecond()
    {
        forget();
        if (arrivals_.size() < 2)
            return 0;
        // From the first arrival to the last there is one period less than there are arrivals. Where nothing comes any
        // more, that counts too.
        const double periods = double(arrivals_.size() - 1);
        const double span = double(arrivals_.back() - arrivals_.front());
        const double silence = double(clock_.elapsed() - arrivals_.back());
        const double overdue = qMax(0.0, silence - 2 * span / periods);
        return 1000 * periods / qMax(1.0, span + overdue);
    }

private:
    void forget()
    {
        while (!arrivals_.empty() && clock_.elapsed() - arrivals_.front() > windowMs)
            arrivals_.pop_front();
    }

    static constexpr qint64 windowMs = 3000;
    QElapsedTimer clock_;
    std::deque<qint64> arrivals_; // ms; as many as come within the window
};
