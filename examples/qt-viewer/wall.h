// All tiles, side by side as large as they fit.
#pragma once

#include "tile.h"

#include <QMap>
#include <QSet>

class Wall : public QWidget {
    Q_OBJECT
public:
    // `wanted` are the ids of the cameras that get a tile; empty for all.
    Wall(const BridgeClock& clock, const QSet<int>& wanted, QWidget* parent = nullptr);

    // Takes the bridge's list of all its cameras. One that is no longer in it keeps its tile, which says so.
    void describe(const QJsonArray& cameras);
    void setOnline(bool online);
    void take(const cameracast::Bundle& bundle, const QByteArray& message);
    void refresh();
    // What stands here while there is no tile.
    void setPlaceholder(const QString& words);
    const QMap<int, Tile*>& tiles() const { return tiles_; } // by camera id

protected:
    void paintEvent(QPaintEvent*) override;
    void resizeEvent(QResizeEvent*) override { arrange(); }

private:
    Tile* tile(int id);
    void arrange();

    const BridgeClock& clock_;
    const QSet<int> wanted_;
    QMap<int, Tile*> tiles_;
    QString placeholder_;
};
