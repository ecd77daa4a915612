#include "window.h"

#include <QJsonArray>
#include <QShortcut>
#include <QStatusBar>
#include <QUrlQuery>

using namespace Qt::StringLiterals;

namespace {

// The bridge sends only the frames that the URL asks for, but describes all of its cameras.
QSet<int> wantedCameras(const QUrl& url)
{
    QSet<int> wanted;
    const QString ids = QUrlQuery(url).queryItemValue(u"cameras"_s, QUrl::FullyDecoded);
    for (const QString& id : ids.split(u',', Qt::SkipEmptyParts))
        wanted << id.toInt();
    return wanted;
}

} // namespace

Window::Window(const QUrl& url, const QByteArray& token)
    : connection_(url, token), wall_(connection_.clock(), wantedCameras(url))
{
    setWindowTitle(tr("cameracast – %1").arg(url.host()));
    setCentralWidget(&wall_);
    statusBar()->setSizeGripEnabled(false);
    statusBar()->setContentsMargins(8, 0, 8, 2);
    statusBar()->addWidget(&state_, 1);
    statusBar()->addPermanentWidget(&numbers_);
    connect(new QShortcut(Qt::Key_F11, this), &QShortcut::activated, this,
            [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    connect(new QShortcut(Qt::Key_F5, this), &QShortcut::activated, this, [this] {
        connection_.start();
        refresh();
    });
    connect(new QShortcut(QKeySequence::Quit, this), &QShortcut::activated, this, &QWidget::close);

    connect(&connection_, &Connection::changed, this, &Window::connectionChanged);
    connect(&connection_, &Connection::bundle, this, &Window::takeBundle);
    connect(&connection_, &Connection::dropped, this, [this](int bundles) { dropped_ += bundles; });
    connect(&connection_, &Connection::described, this, [this](const QJsonObject& meta) {
        demo_ = meta[u"demo"].toBool();
        wall_.describe(meta[u"cameras"].toArray());
        refresh();
    });
    connect(&refresh_, &QTimer::timeout, this, &Window::refresh);
    refresh_.start(1000);
    connection_.start();
    refresh();
}

void Window::connectionChanged()
{
    wall_.setOnline(connection_.isOpen());
    refresh();
    qInfo().noquote() << (connection_.isOpen() ? tr("Connected.") : connectionInWords());
}

void Window::takeBundle(const QByteArray& message)
{
    const cameracast::Bundle bundle(message.constData(), size_t(message.size()));
    if (!bundle) {
        malformed_++;
        return;
    }
    bundles_.count();
    wall_.take(bundle, message);
}

void Window::refresh()
{
    wall_.refresh();
    state_.setText(connectionInWords());
    wall_.setPlaceholder(connectionInWords());
    std::optional<qint64> oldest;
    int skipped = 0;
    for (const Tile* tile : wall_.tiles()) {
        skipped += tile->skipped();
        if (tile->ageUs())
            oldest = qMax(oldest.value_or(0), *tile->ageUs());
    }
    QStringList numbers;
    if (const double rate = connection_.isOpen() ? bundles_.perSecond() : 0; rate > 0)
        numbers << tr("%1 bundles/s").arg(rate, 0, 'f', 1);
    if (oldest)
        numbers << tr("age %1").arg(ageInWords(oldest));
    // By the bridge, which leaves out what this connection does not take in time; and here, where decoding is slower.
    numbers << tr("dropped: %1 bundles, %2 pictures").arg(dropped_).arg(skipped);
    if (malformed_ > 0)
        numbers << tr("%1 damaged bundles").arg(malformed_);
    numbers_.setText(numbers.join(u"   "));
}

QString Window::connectionInWords() const
{
    if (!connection_.isOpen() && connection_.trouble().isEmpty())
        return tr("Connecting …");
    if (!connection_.isOpen()) {
        const auto seconds = connection_.secondsToRetry();
        QString next = tr("Trying again …");
        if (!seconds)
            next = tr("F5 tries again.");
        else if (*seconds > 0)
            next = tr("Trying again in %1 s.").arg(*seconds);
        return connection_.trouble() + u' ' + next;
    }
    if (wall_.tiles().isEmpty())
        return tr("Connected. No camera yet.");
    int live = 0;
    for (const Tile* tile : wall_.tiles())
        live += tile->isLive();
    const QString words = tr("Connected, %1 of %2 cameras live").arg(live).arg(wall_.tiles().size());
    return demo_ ? words + tr(" (test patterns: the grabber has no camera)") : words;
}
