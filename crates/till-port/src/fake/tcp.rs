//! A device behind a TCP port.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use super::control::{Control, Wish};
use super::session::{GLANCE, Session, Spoke};
use super::{Line, Second};
use crate::{Device, is_tick};

pub(super) struct Server {
    listener: Option<TcpListener>,
    address: SocketAddr,
}

impl Server {
    pub(super) fn new(listener: TcpListener, address: SocketAddr) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self { listener: Some(listener), address })
    }

    pub(super) fn run<D: Device + ?Sized>(&mut self, control: &Control, session: &mut Session<D>) {
        while let Some(wish) = control.wish() {
            if let Err(error) = self.listen(wish.line != Line::Unplugged) {
                control.fail(wish, error.to_string());
                continue;
            }
            control.grant(wish);
            match wish.line {
                Line::Up => {
                    if let Some(stream) = self.accept() {
                        control.state().connections += 1;
                        let _ = self.serve(&stream, control, wish, session);
                        session.disconnect();
                        continue;
                    }
                }
                Line::Busy => while self.accept().is_some() {},
                Line::Unplugged => {}
            }
            control.pause(wish, GLANCE / 2);
        }
    }

    fn listen(&mut self, up: bool) -> io::Result<()> {
        match (up, &self.listener) {
            (false, _) => self.listener = None,
            (true, Some(_)) => {}
            (true, None) => {
                let listener = TcpListener::bind(self.address)?;
                listener.set_nonblocking(true)?;
                self.listener = Some(listener);
            }
        }
        Ok(())
    }

    fn accept(&self) -> Option<TcpStream> {
        Some(self.listener.as_ref()?.accept().ok()?.0)
    }

    fn serve<D: Device + ?Sized>(
        &self,
        mut stream: &TcpStream,
        control: &Control,
        wish: Wish,
        session: &mut Session<D>,
    ) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(GLANCE))?;
        session.connect();
        let mut buf = [0; 4096];
        while control.is(wish) {
            if session.speak(|bytes| stream.write(bytes)) != Spoke::Well {
                break;
            }
            stream.set_read_timeout(Some(session.idle()))?;
            match stream.read(&mut buf) {
                Ok(0) => break,
                Ok(count) => session.receive(buf.get(..count).unwrap_or_default()),
                Err(error) if is_tick(&error) => {}
                Err(_) => break,
            }
            if control.state().second == Second::TurnedAway {
                while self.accept().is_some() {}
            }
        }
        Ok(())
    }
}
