#include "words.h"

#include <QCoreApplication>
#include <QHash>

using namespace Qt::StringLiterals;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("Words", text);
}

QString capitalised(const QString& text)
{
    return text.left(1).toUpper() + text.mid(1);
}

struct State {
    const char *title, *withoutCause;
};

const QHash<QString, State> states{
    {u"opening"_s, {"Opening", "The camera is being opened."}},
    {u"stalled"_s, {"Stalled", "No new pictures arrive."}},
    {u"lost"_s, {"Lost", "The camera went away."}},
    {u"stopped"_s, {"Stopped", "It was stopped on request."}},
    {u"waiting"_s, {"Waiting", "Waiting for the first picture."}},
    {u"gone"_s, {"Gone", "The bridge no longer offers this camera."}},
    {u"disconnected"_s, {"Not connected", "The line at the bottom says why."}},
    {u"unreadable"_s, {"No picture", "It sends something else than JPEG, which this viewer does not show."}},
};

const QHash<QString, const char*> causes{
    {u"no device"_s, "The camera is not found: unplugged, switched off, out of reach or under another name."},
    {u"busy"_s, "Another program is using the camera."},
    {u"no permission"_s, "The grabber is not allowed to open the camera."},
    {u"bad format"_s, "The camera cannot deliver what is asked of it; cam-grabber's log says more."},
    {u"no frames"_s, "The camera is open but sends no pictures."},
    {u"incomplete frames"_s, "No picture arrives whole: the line loses packets; cam-grabber's log says what to do."},
    {u"control lost"_s, "The connection to the camera broke."},
    {u"stalled"_s, "The camera stopped sending pictures."},
    {u"lost"_s, "The camera went away."},
    {u"grabber gone"_s, "The program that sends its pictures ended, or lost its connection to the bridge."},
    {u"failed"_s, "The camera could not be used; cam-grabber's log says why."},
};

} // namespace

Words stateInWords(const QString& state, const QString& cause)
{
    if (state == u"streaming")
        return {};
    const auto known = states.find(state);
    const bool isKnown = known != states.end();
    Words words{isKnown ? tr(known->title) : capitalised(state), isKnown ? tr(known->withoutCause) : QString()};
    if (!cause.isEmpty())
        words.reason = causes.contains(cause) ? tr(causes[cause]) : capitalised(cause) + u'.';
    return words;
}

QString ageInWords(std::optional<qint64> us)
{
    if (!us)
        return {};
    const double ms = double(*us) / 1000;
    if (ms < 999.5)
        return tr("%1 ms").arg(qRound(ms));
    if (ms < 60'000)
        return tr("%1 s").arg(ms / 1000, 0, 'f', ms < 9950 ? 1 : 0);
    return tr("%1 min").arg(qint64(ms / 60'000));
}

QString rateInWords(double perSecond)
{
    if (perSecond <= 0)
        return {};
    return tr("%1 fps").arg(perSecond, 0, 'f', perSecond < 9.95 ? 1 : 0);
}
