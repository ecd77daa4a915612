#include "wall.h"

#include <QJsonArray>
#include <QPainter>

using namespace Qt::StringLiterals;

namespace {

constexpr int gap = 6;

// The largest tiles for pictures of this shape that fit so many times.
QSize tileSize(QSizeF shape, QSize area, int columns, int rows)
{
    const int widest = (area.width() - gap * (columns + 1)) / columns;
    const int highest = (area.height() - gap * (rows + 1)) / rows - Tile::barHeight;
    return shape.scaled(widest, highest, Qt::KeepAspectRatio).toSize() + QSize(0, Tile::barHeight);
}

int rowsFor(int tiles, int columns)
{
    return (tiles + columns - 1) / columns;
}

} // namespace

Wall::Wall(const BridgeClock& clock, const QSet<int>& wanted, QWidget* parent)
    : QWidget(parent), clock_(clock), wanted_(wanted)
{
}

Tile* Wall::tile(int id)
{
    Tile*& tile = tiles_[id];
    if (!tile) {
        tile = new Tile(id, clock_, this);
        tile->show();
        arrange();
    }
    return tile;
}

void Wall::describe(const QJsonArray& cameras)
{
    QSet<int> offered;
    for (const QJsonValue& value : cameras) {
        const QJsonObject camera = value.toObject();
        const int id = camera[u"camera_id"].toInt(-1);
        if (id < 0 || id > 255 || (!wanted_.isEmpty() && !wanted_.contains(id)))
            continue;
        offered << id;
        tile(id)->describe(camera);
    }
    for (auto it = tiles_.cbegin(); it != tiles_.cend(); ++it)
        if (!offered.contains(it.key()))
            it.value()->describe({{u"name"_s, it.value()->name()}, {u"state"_s, u"gone"_s}});
}

void Wall::setOnline(bool online)
{
    for (Tile* tile : tiles_)
        tile->setOnline(online);
}

void Wall::take(const cameracast::Bundle& bundle, const QByteArray& message)
{
    for (const cameracast::Frame& frame : bundle.frames()) {
        const auto info = bundle.capture_info(frame.camera_id);
        const auto capturedUs = info ? std::optional<quint64>(info->capture_time_us) : std::nullopt;
        tile(frame.camera_id)->receive(frame, capturedUs, message);
    }
}

void Wall::refresh()
{
    for (Tile* tile : tiles_)
        tile->refresh();
    arrange(); // for pictures that have become wider, or less wide
}

void Wall::setPlaceholder(const QString& words)
{
    placeholder_ = words;
    if (tiles_.isEmpty())
        update();
}

void Wall::paintEvent(QPaintEvent*)
{
    if (!tiles_.isEmpty())
        return;
    QPainter painter(this);
    QFont font = this->font();
    font.setPixelSize(16);
    painter.setFont(font);
    painter.drawText(rect().adjusted(20, 20, -20, -20), Qt::AlignCenter | Qt::TextWordWrap, placeholder_);
}

// A grid of equal tiles in the mean shape of the pictures, which are fitted into theirs.
void Wall::arrange()
{
    const int count = int(tiles_.size());
    QSizeF shape(0, 1);
    for (const Tile* tile : std::as_const(tiles_))
        shape.rwidth() += qreal(tile->shape().width()) / tile->shape().height() / count;
    int columns = 1;
    QSize each;
    for (int more = 1; more <= count; more++) {
        const QSize larger = tileSize(shape, size(), more, rowsFor(count, more));
        if (larger.width() > each.width()) {
            columns = more;
            each = larger;
        }
    }
    const int rows = rowsFor(count, columns);
    int at = 0;
    for (Tile* tile : tiles_) {
        const int row = at / columns, column = at % columns;
        const int inRow = qMin(columns, count - row * columns);
        const int left = (width() - inRow * (each.width() + gap) + gap) / 2;
        const int top = (height() - rows * (each.height() + gap) + gap) / 2;
        tile->setGeometry({QPoint(left + column * (each.width() + gap), top + row * (each.height() + gap)), each});
        at++;
    }
}
