#include "tile.h"

#include <QPainter>

#include <utility>

using namespace Qt::StringLiterals;

namespace {

// A camera that was silent this long, or three of its periods, is not live any more, whatever is said of it.
constexpr qint64 longestSilenceMs = 3000;

const QColor background(0x16, 0x18, 0x1c), bar(0x1d, 0x1f, 0x23), bright(0xf2, 0xf2, 0xf2), quiet(0xa0, 0xa4, 0xaa);
const QColor good(0x3d, 0xc9, 0x8a), bad(0xf0, 0x6a, 0x5a), veil(0x0d, 0x0e, 0x10, 210);

} // namespace

Tile::Tile(int id, const BridgeClock& clock, QWidget* parent) : QWidget(parent), id_(id), clock_(clock)
{
    setAttribute(Qt::WA_OpaquePaintEvent); // every pixel is painted below
    connect(&decoder_, &Decoder::decoded, this, &Tile::showFrame);
    updateState();
}

QString Tile::name() const
{
    const QString given = meta_[u"name"].toString();
    return given.isEmpty() ? tr("Camera %1").arg(id_) : given;
}

QSize Tile::shape() const
{
    if (!size_.isEmpty())
        return size_;
    const QSize announced(meta_[u"width"].toInt(), meta_[u"height"].toInt());
    return announced.isEmpty() ? QSize(4, 3) : announced;
}

void Tile::describe(const QJsonObject& meta)
{
    meta_ = meta;
    setAccessibleName(name());
    if (meta_[u"state"].toString(u"streaming"_s) != u"streaming")
        beginAnew();
    updateState();
}

void Tile::setOnline(bool online)
{
    online_ = online;
    if (!online)
        beginAnew();
    updateState();
}

// When it comes back, the first picture has to be a new one: neither the one shown, nor one that is being decoded.
void Tile::beginAnew()
{
    decoder_.forget();
    shown_.invalidate();
    pauseMs_ = periodMs_ = 0;
}

void Tile::receive(const cameracast::Frame& frame, std::optional<quint64> capturedUs, const QByteArray& message)
{
    unreadable_ = frame.pixel_format != FB_PIXEL_FORMAT_JPEG;
    if (unreadable_)
        updateState();
    else if (frame.data_size > 0)
        decoder_.offer({message, frame.data, qsizetype(frame.data_size), capturedUs});
}

void Tile::showFrame(const DecodedFrame& frame)
{
    if (frame.image.isNull()) {
        damaged_++;
        return;
    }
    image_ = frame.image;
    size_ = frame.size;
    capturedUs_ = frame.capturedUs;
    const qint64 pauseMs = shown_.isValid() ? shown_.restart() : (shown_.start(), 0);
    periodMs_ = qMin(pauseMs, std::exchange(pauseMs_, pauseMs));
    painted_ = false;
    rate_.count();
    updateState();
    update(pictureArea());
}

// By the bridge's clock, since that is the one the capture time is told by.
std::optional<qint64> Tile::ageNow() const
{
    const auto now = clock_.nowUs();
    if (!now || !capturedUs_)
        return std::nullopt;
    // Unsigned, as a sender may tell any number: one in the future is no age.
    return quint64(*now) > *capturedUs_ ? qint64(quint64(*now) - *capturedUs_) : 0;
}

void Tile::refresh()
{
    updateState();
    if (!std::exchange(fresh_, false))
        ageUs_ = ageNow();
    QStringList numbers;
    if (!size_.isEmpty())
        numbers << u"%1×%2"_s.arg(size_.width()).arg(size_.height());
    if (isLive())
        numbers << rateInWords(rate_.perSecond()) << ageInWords(ageUs_);
    if (damaged_ > 0)
        numbers << tr("%1 damaged").arg(damaged_);
    numbers.removeAll(QString());
    numbers_ = numbers.join(u"   ");
    update();
}

// Live is what the bridge calls streaming, and what sends pictures.
QString Tile::stateNow() const
{
    if (!online_)
        return u"disconnected"_s;
    if (unreadable_)
        return u"unreadable"_s;
    const QString said = meta_[u"state"].toString();
    if (!said.isEmpty() && said != u"streaming")
        return said;
    if (!shown_.isValid())
        return u"waiting"_s;
    const qint64 expectedMs = qMax(periodMs_, qint64(1000 / qMax(0.01, meta_[u"fps"].toDouble(30))));
    return shown_.elapsed() > qMax(longestSilenceMs, 3 * expectedMs) ? u"stalled"_s : u"streaming"_s;
}

void Tile::updateState()
{
    const QString state = stateNow();
    if (state == state_)
        return;
    state_ = state;
    qInfo().noquote().nospace() << "camera " << id_ << " (" << name() << "): " << state_;
    update();
}

void Tile::resizeEvent(QResizeEvent*)
{
    decoder_.setShownSize(pictureArea().size() * devicePixelRatio());
}

void Tile::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHints(QPainter::SmoothPixmapTransform | QPainter::Antialiasing);
    painter.fillRect(rect(), background);
    paintPicture(painter);
    // The bridge's cause belongs to the state that the bridge told.
    const QString cause = state_ == meta_[u"state"].toString() ? meta_[u"cause"].toString() : QString();
    const Words words = stateInWords(state_, cause);
    if (!words.title.isEmpty())
        paintWords(painter, words);
    paintBar(painter);
}

void Tile::paintPicture(QPainter& painter)
{
    if (image_.isNull())
        return;
    QRect place(QPoint(), size_.scaled(pictureArea().size(), Qt::KeepAspectRatio));
    place.moveCenter(pictureArea().center());
    painter.drawImage(place, image_);
    if (!std::exchange(painted_, true)) {
        ageUs_ = ageNow();
        fresh_ = true;
    }
}

// An old picture must not pass for a live one, so it is behind a veil.
void Tile::paintWords(QPainter& painter, const Words& words)
{
    const QRect area = pictureArea();
    painter.fillRect(area, veil);
    QFont font = this->font();
    font.setPixelSize(22);
    font.setBold(true);
    painter.setFont(font);
    painter.setPen(bright);
    const QRect title = area.adjusted(20, 0, -20, -area.height() / 2);
    painter.drawText(title, Qt::AlignHCenter | Qt::AlignBottom | Qt::TextWordWrap, words.title);
    font.setPixelSize(14);
    font.setBold(false);
    painter.setFont(font);
    painter.setPen(quiet);
    const QRect reason = area.adjusted(20, area.height() / 2 + 10, -20, 0);
    painter.drawText(reason, Qt::AlignHCenter | Qt::AlignTop | Qt::TextWordWrap, words.reason);
}

void Tile::paintBar(QPainter& painter)
{
    const QRect area = rect().adjusted(0, height() - barHeight, 0, 0);
    painter.fillRect(area, bar);
    painter.setPen(Qt::NoPen);
    painter.setBrush(isLive() ? good : bad);
    painter.drawEllipse(QPointF(area.left() + 13, area.center().y() + 0.5), 3.5, 3.5);

    QFont font = this->font();
    font.setPixelSize(12);
    painter.setFont(font);
    painter.setPen(quiet);
    QRect numbersPlace;
    const QRect right = area.adjusted(0, 0, -10, 0);
    painter.drawText(right, Qt::AlignRight | Qt::AlignVCenter, numbers_, &numbersPlace);
    font.setBold(true);
    painter.setFont(font);
    painter.setPen(bright);
    const int room = (numbers_.isEmpty() ? right.right() : numbersPlace.left() - 12) - area.left() - 24;
    const QString shortened = painter.fontMetrics().elidedText(name(), Qt::ElideRight, room);
    painter.drawText(area.adjusted(24, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, shortened);
}
