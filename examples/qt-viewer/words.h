// What the window says of a camera, and numbers as people read them.
#pragma once

#include <QString>

#include <optional>

struct Words {
    QString title, reason; // both empty while a camera streams
};

// A state or cause that is not known here is shown as it came.
Words stateInWords(const QString& state, const QString& cause);

QString ageInWords(std::optional<qint64> us); // `24 ms`, `1.2 s`, `5 min`; empty where it is not known
QString rateInWords(double perSecond);        // `30 fps`, `2.5 fps`; empty for none
