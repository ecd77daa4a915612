// The window: the wall of tiles, and a line below it that tells how well they come in.
#pragma once

#include "connection.h"
#include "wall.h"

#include <QLabel>
#include <QMainWindow>

class Window : public QMainWindow {
    Q_OBJECT
public:
    Window(const QUrl& url, const QByteArray& token);

private:
    void connectionChanged();
    void takeBundle(const QByteArray& message);
    void refresh();
    QString connectionInWords() const;

    Connection connection_;
    Wall wall_;
    QLabel state_, numbers_;
    QTimer refresh_;
    Rate bundles_;
    bool demo_ = false;
    int dropped_ = 0, malformed_ = 0;
};
