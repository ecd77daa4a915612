// A camera's tile: its picture, a bar with its name and numbers, and over the picture the reason where it is not live.
#pragma once

#include "bridge_clock.h"
#include "decoder.h"
#include "frame_bundle_reader.hpp"
#include "rate.h"
#include "words.h"

#include <QJsonObject>
#include <QWidget>

class Tile : public QWidget {
    Q_OBJECT
public:
    Tile(int id, const BridgeClock& clock, QWidget* parent);

    // Takes what the bridge says of the camera; its fields may be null or absent.
    void describe(const QJsonObject& meta);
    // Whether the bridge is connected: without it nothing is known of a camera.
    void setOnline(bool online);
    void receive(const cameracast::Frame& frame, std::optional<quint64> capturedUs, const QByteArray& message);
    // Writes the numbers anew and sees whether the picture is still fresh. To be called about once a second: more often
    // nobody can read.
    void refresh();

    bool isLive() const { return state_ == u"streaming"; }
    QString name() const;
    // Of the picture, or of what the bridge announced; 4 to 3 where neither is known.
    QSize shape() const;
    std::optional<qint64> ageUs() const { return isLive() ? ageUs_ : std::nullopt; }
    int skipped() const { return decoder_.skipped(); }
    int damaged() const { return damaged_; }

    static constexpr int barHeight = 28;

protected:
    void paintEvent(QPaintEvent*) override;
    void resizeEvent(QResizeEvent*) override;

private:
    void showFrame(const DecodedFrame& frame);
    void beginAnew();
    void updateState();
    QString stateNow() const;
    std::optional<qint64> ageNow() const;
    QRect pictureArea() const { return rect().adjusted(0, 0, 0, -barHeight); }
    void paintPicture(QPainter& painter);
    void paintWords(QPainter& painter, const Words& words);
    void paintBar(QPainter& painter);

    const int id_;
    const BridgeClock& clock_;
    QJsonObject meta_;
    bool online_ = true;
    bool unreadable_ = false;
    QString state_;

    Decoder decoder_;
    QImage image_;
    QSize size_; // of the picture as it was sent, pixels
    int damaged_ = 0;

    Rate rate_;
    QElapsedTimer shown_; // since the last picture
    qint64 pauseMs_ = 0;  // between the last two pictures
    qint64 periodMs_ = 0; // the shorter of the last two pauses: one long pause makes no slow camera
    std::optional<quint64> capturedUs_;
    std::optional<qint64> ageUs_; // of the last picture when it was painted, or when nothing came since: now
    bool painted_ = true;
    bool fresh_ = false; // painted since the numbers were last written
    QString numbers_;
};
