#include "connection.h"

#include "frame_bundle.h"

#include <QJsonDocument>
#include <QNetworkRequest>
#include <QRandomGenerator>
#include <QtMath>

using namespace Qt::StringLiterals;

namespace {

constexpr int firstDelayMs = 500;
constexpr int longestDelayMs = 5000;
// A share taken off at random, so that many viewers do not return at the same instant to a bridge that came back.
constexpr double jitter = 0.25;
// After this long a connection was a good one, and the delay starts again from the shortest.
constexpr int goodMs = 5000;
// A host that swallows packets would keep us connecting for minutes.
constexpr int longestConnectMs = 8000;
// A network that vanished sends no close. We ask for the time every 3 s, so a living bridge is never this silent.
constexpr int longestSilenceMs = 10'000;
// The time is asked for a few times quickly, so that an age can be shown at once, then now and then.
constexpr int firstQuestions = 6;
constexpr int firstPauseMs = 60;
constexpr int pauseMs = 3000;

// 0.5 s, doubled with each failure up to 5 s, and up to a quarter less.
int delayAfter(int failures)
{
    const double full = qMin(firstDelayMs * qPow(2, qMin(failures, 10) - 1), double(longestDelayMs));
    return int(full * (1 - jitter * QRandomGenerator::global()->generateDouble()));
}

} // namespace

Connection::Connection(const QUrl& url, const QByteArray& token, QObject* parent)
    : QObject(parent), url_(url), token_(token)
{
    retry_.setSingleShot(true);
    patience_.setSingleShot(true);
    connect(&retry_, &QTimer::timeout, this, &Connection::connectNow);
    connect(&question_, &QTimer::timeout, this, &Connection::askForTheTime);
    connect(&patience_, &QTimer::timeout, this,
            [this] { fail({open_ ? tr("The bridge went silent.") : tr("The bridge does not answer.")}); });
}

void Connection::start()
{
    if (!socket_)
        connectNow();
}

std::optional<int> Connection::secondsToRetry() const
{
    if (retry_.isActive())
        return qMax(1, qCeil(retry_.remainingTime() / 1000.0));
    return socket_ ? std::optional(0) : std::nullopt;
}

void Connection::connectNow()
{
    retry_.stop();
    socket_.reset(new QWebSocket);
    // Without these, a peer could have us collect 2 GiB.
    socket_->setMaxAllowedIncomingMessageSize(FB_MAX_BUNDLE_SIZE);
    socket_->setMaxAllowedIncomingFrameSize(FB_MAX_BUNDLE_SIZE);

    connect(socket_.get(), &QWebSocket::connected, this, &Connection::opened);
    connect(socket_.get(), &QWebSocket::textMessageReceived, this, &Connection::takeText);
    connect(socket_.get(), &QWebSocket::binaryMessageReceived, this, [this](const QByteArray& message) {
        heard();
        emit bundle(message);
    });
    // Whichever of these two comes first, as that differs from cause to cause.
    const auto ended = [this] { fail(open_ ? whyEnded() : whyNotOpened()); };
    connect(socket_.get(), &QWebSocket::disconnected, this, ended);
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    const auto error = &QWebSocket::errorOccurred;
#else
    const auto error = qOverload<QAbstractSocket::SocketError>(&QWebSocket::error);
#endif
    connect(socket_.get(), error, this, ended);

    QNetworkRequest request(url_);
    if (!token_.isEmpty())
        request.setRawHeader("Authorization", "Bearer " + token_);
    patience_.start(longestConnectMs);
    socket_->open(request);
}

void Connection::opened()
{
    open_ = true;
    trouble_.clear();
    openSince_.start();
    patience_.start(longestSilenceMs);
    clock_.reset();
    questions_ = 0;
    askForTheTime();
    emit changed();
}

void Connection::heard()
{
    patience_.start(longestSilenceMs);
    if (openSince_.elapsed() > goodMs)
        failures_ = 0;
}

void Connection::takeText(const QString& text)
{
    heard();
    const QJsonObject message = QJsonDocument::fromJson(text.toUtf8()).object();
    const QString type = message[u"type"].toString();
    if (type == u"meta")
        emit described(message);
    else if (type == u"drop")
        emit dropped(message[u"bundles"].toInt());
    else if (type == u"time")
        clock_.answered(message[u"t0"].toInteger(), message[u"bridge_us"].toInteger());
    // What a later bridge may say is not for this viewer.
}

Connection::End Connection::whyEnded() const
{
    if (socket_->closeCode() == QWebSocketProtocol::CloseCodeGoingAway)
        return {tr("The bridge is going away.")};
    if (socket_->closeCode() == QWebSocketProtocol::CloseCodePolicyViolated)
        return {tr("The bridge said no: %1.").arg(socket_->closeReason()), true};
    return {tr("The bridge closed the connection.")};
}

// Before the connection is a WebSocket, the HTTP status says why it does not become one. Qt has it in its text alone.
Connection::End Connection::whyNotOpened() const
{
    const QString error = socket_->errorString();
    const auto status = [&error](const char* code) { return error.contains("code: "_L1 + QLatin1String(code)); };
    if (status("401"))
        return {tr("The bridge asks for a token: give it with --token."), true};
    if (status("403"))
        return {tr("The bridge does not let this viewer in (403)."), true};
    if (status("404"))
        return {tr("There is no such stream at this address (404): look at the URL's path and cameras."), true};
    if (status("429"))
        return {tr("Too many wrong tokens came from this address: the bridge takes none for a while.")};
    if (status("503"))
        return {tr("All places at the bridge are taken.")};
    return {tr("No connection to the bridge: %1.").arg(error)};
}

void Connection::fail(const End& end)
{
    // Not deleted at once: it may be the one that called.
    socket_->disconnect(this);
    socket_.reset();
    open_ = false;
    trouble_ = end.why;
    failures_++;
    patience_.stop();
    question_.stop();
    if (!end.final)
        retry_.start(delayAfter(failures_));
    emit changed();
}

void Connection::askForTheTime()
{
    questions_++;
    question_.start(questions_ < firstQuestions ? firstPauseMs : pauseMs);
    const QJsonObject question{{u"type"_s, u"time"_s}, {u"t0"_s, clock_.ownUs()}};
    socket_->sendTextMessage(QString::fromUtf8(QJsonDocument(question).toJson(QJsonDocument::Compact)));
}
