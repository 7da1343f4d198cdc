BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE api_tokens (
	api_token_id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	role VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	expires_at DATETIME, 
	revoked_at DATETIME, 
	last_used_at DATETIME, 
	CONSTRAINT pk_api_tokens PRIMARY KEY (api_token_id), 
	CONSTRAINT uq_api_tokens_token_hash UNIQUE (token_hash)
);
INSERT INTO "api_tokens" VALUES(1,'erp','3dfc911390023caaa88c43868e123bc6c0178f4e3387bc14bd9abbee3b6a6917','order_entry','2026-11-22 04:43:50.390220','root','2027-11-22 04:43:50.390220',NULL,NULL);
CREATE TABLE audit_head (
	head_id INTEGER NOT NULL, 
	audit_id INTEGER NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit_head PRIMARY KEY (head_id)
);
INSERT INTO "audit_head" VALUES(1,15,'d68a502168fa77a3012f8424b31ca19fbcc288d150e8f97adc6c7a007fc2c353');
CREATE TABLE audit_log (
	audit_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	actor VARCHAR(128) NOT NULL, 
	role VARCHAR(32) NOT NULL, 
	via VARCHAR(8) NOT NULL, 
	action VARCHAR(64) NOT NULL, 
	subject TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	previous_hash VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit_log PRIMARY KEY (audit_id)
);
INSERT INTO "audit_log" VALUES(1,'2026-11-22 04:43:50.226208','root','admin','cli','account.add','Ana','{"has_password":true,"is_demo":false,"role":"analyst"}','0000000000000000000000000000000000000000000000000000000000000000','0151bf7a567a39a0fc38dbb9b8cd81ef61982bb8fb0fa4b42465da7608128769');
INSERT INTO "audit_log" VALUES(2,'2026-11-22 04:43:50.238445','root','admin','cli','account.add','Mia','{"has_password":false,"is_demo":false,"role":"manager"}','0151bf7a567a39a0fc38dbb9b8cd81ef61982bb8fb0fa4b42465da7608128769','6c9ddc9490446a42c14a84d8b5f1b4f243ce916a10edff3fe925bfbbced5e8cb');
INSERT INTO "audit_log" VALUES(3,'2026-11-22 04:43:50.246649','root','admin','cli','account.add_demo_users','demo-viewer','{"has_password":false,"is_demo":true,"role":"viewer"}','6c9ddc9490446a42c14a84d8b5f1b4f243ce916a10edff3fe925bfbbced5e8cb','bec3daa7786f453d80bfa14cf007a0eab1368f2aa7fc2edf192b3c30880965f2');
INSERT INTO "audit_log" VALUES(4,'2026-11-22 04:43:50.246649','root','admin','cli','account.add_demo_users','demo-analyst','{"has_password":false,"is_demo":true,"role":"analyst"}','bec3daa7786f453d80bfa14cf007a0eab1368f2aa7fc2edf192b3c30880965f2','d3bb2fb7146a5653c4a7a17a2154d006b31daf3a49539b49a26d9c14f15c0c90');
INSERT INTO "audit_log" VALUES(5,'2026-11-22 04:43:50.246649','root','admin','cli','account.add_demo_users','demo-planner','{"has_password":false,"is_demo":true,"role":"planner"}','d3bb2fb7146a5653c4a7a17a2154d006b31daf3a49539b49a26d9c14f15c0c90','b04d9121d17adc7a0d213aab98c9978dff70f77378b61b7a950ff03943dce5c4');
INSERT INTO "audit_log" VALUES(6,'2026-11-22 04:43:50.246649','root','admin','cli','account.add_demo_users','demo-order-entry','{"has_password":false,"is_demo":true,"role":"order_entry"}','b04d9121d17adc7a0d213aab98c9978dff70f77378b61b7a950ff03943dce5c4','a3da4042cbcd2c626e3438a6d43093616362ae9494f99a6b3367566cad1df40c');
INSERT INTO "audit_log" VALUES(7,'2026-11-22 04:43:50.246649','root','admin','cli','account.add_demo_users','demo-manager','{"has_password":false,"is_demo":true,"role":"manager"}','a3da4042cbcd2c626e3438a6d43093616362ae9494f99a6b3367566cad1df40c','7051e416b3e4dc93896fd58c0833c4941f3c2773452cddda8a694fdd5014d17f');
INSERT INTO "audit_log" VALUES(8,'2026-11-22 04:43:50.246649','root','admin','cli','account.add_demo_users','demo-admin','{"has_password":false,"is_demo":true,"role":"admin"}','7051e416b3e4dc93896fd58c0833c4941f3c2773452cddda8a694fdd5014d17f','c9d3f57150bee5cdb7e6f62f609baea01aa32eae08a3e341e838aa8e4e35905c');
INSERT INTO "audit_log" VALUES(9,'2026-11-22 04:43:50.254116','root','admin','cli','account.issue_password_token','Mia','{}','c9d3f57150bee5cdb7e6f62f609baea01aa32eae08a3e341e838aa8e4e35905c','63d525530e190a90cf1943593aaf6176c274ea3ec92bf116a3019ab5645cfd0b');
INSERT INTO "audit_log" VALUES(10,'2026-11-22 04:43:50.348363','Ana','nobody','app','session.start','Ana','{"origin":"127.0.0.1"}','63d525530e190a90cf1943593aaf6176c274ea3ec92bf116a3019ab5645cfd0b','ad5c616efc45b3781b68666875fbc5e4115278aa5ac1d542640fbcde95ee24e5');
INSERT INTO "audit_log" VALUES(11,'2026-11-22 04:43:50.358380','Ana','analyst','app','label.add','e1','{"label":"confirmed","label_id":1,"note":"","reason":null}','ad5c616efc45b3781b68666875fbc5e4115278aa5ac1d542640fbcde95ee24e5','1f26031a2c449feb2854e5d9ede171dc2e971b26fb3b3328a3e7f2e9efb202c9');
INSERT INTO "audit_log" VALUES(12,'2026-11-22 04:43:50.370555','Ana','analyst','app','label.add','e1','{"label":"false_positive","label_id":2,"note":"","reason":null}','1f26031a2c449feb2854e5d9ede171dc2e971b26fb3b3328a3e7f2e9efb202c9','8a769bdf2dc7d7b50e1562a7049e9227ad18718fac4c1d9640ee7bca7bfa6fe9');
INSERT INTO "audit_log" VALUES(13,'2026-11-22 04:43:50.374070','Ana','analyst','app','label.undo','e1','{"by":"Ana","label":"false_positive","label_id":3,"undoes":2}','8a769bdf2dc7d7b50e1562a7049e9227ad18718fac4c1d9640ee7bca7bfa6fe9','f43ff9f230594e0eea004c7a1b458936db29b8feb34b172a58c8139dcd005338');
INSERT INTO "audit_log" VALUES(14,'2026-11-22 04:43:50.386387','Ana','analyst','app','label.add','e2','{"label":"false_positive","label_id":4,"note":"双十一","reason":"promotion"}','f43ff9f230594e0eea004c7a1b458936db29b8feb34b172a58c8139dcd005338','c3ba06b6e2e549f4ccfa68903fa2681f1940bed3af1adc60d85df81230483ff2');
INSERT INTO "audit_log" VALUES(15,'2026-11-22 04:43:50.390220','root','admin','cli','token.add','erp','{"days":365,"role":"order_entry"}','c3ba06b6e2e549f4ccfa68903fa2681f1940bed3af1adc60d85df81230483ff2','d68a502168fa77a3012f8424b31ca19fbcc288d150e8f97adc6c7a007fc2c353');
CREATE TABLE labels (
	label_id INTEGER NOT NULL, 
	exception_id VARCHAR(64) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	order_id TEXT, 
	line_no INTEGER, 
	product_id TEXT, 
	label VARCHAR(32), 
	reason VARCHAR(32), 
	note TEXT NOT NULL, 
	score FLOAT, 
	source VARCHAR(64), 
	undoes INTEGER, 
	"by" VARCHAR(128) NOT NULL, 
	via VARCHAR(8) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_labels PRIMARY KEY (label_id), 
	CONSTRAINT fk_labels_undoes FOREIGN KEY(undoes) REFERENCES labels (label_id), 
	CONSTRAINT uq_labels_undoes UNIQUE (undoes)
);
INSERT INTO "labels" VALUES(1,'e1','price_error','007',1,'P1','confirmed',NULL,'',0.9,'price_decimal',NULL,'Ana','app','2026-11-22 04:43:50.358380');
INSERT INTO "labels" VALUES(2,'e1','price_error','007',1,'P1','false_positive',NULL,'',0.9,'price_decimal',NULL,'Ana','app','2026-11-22 04:43:50.370555');
INSERT INTO "labels" VALUES(3,'e1','price_error','007',1,'P1',NULL,NULL,'',0.9,'price_decimal',2,'Ana','app','2026-11-22 04:43:50.374070');
INSERT INTO "labels" VALUES(4,'e2','price_error','007',2,'P1','false_positive','promotion','双十一',0.9,'price_decimal',NULL,'Ana','app','2026-11-22 04:43:50.386387');
CREATE TABLE login_attempts (
	attempt_id INTEGER NOT NULL, 
	name_key VARCHAR(64) NOT NULL, 
	origin VARCHAR(64) NOT NULL, 
	at DATETIME NOT NULL, 
	outcome VARCHAR(16) NOT NULL, 
	CONSTRAINT pk_login_attempts PRIMARY KEY (attempt_id)
);
INSERT INTO "login_attempts" VALUES(1,'ana','127.0.0.1','2026-11-22 04:43:50.266362','succeeded');
CREATE TABLE one_time_tokens (
	one_time_token_id INTEGER NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	purpose VARCHAR(32) NOT NULL, 
	user_id INTEGER, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	used_at DATETIME, 
	CONSTRAINT pk_one_time_tokens PRIMARY KEY (one_time_token_id), 
	CONSTRAINT fk_one_time_tokens_user_id FOREIGN KEY(user_id) REFERENCES users (user_id), 
	CONSTRAINT uq_one_time_tokens_token_hash UNIQUE (token_hash)
);
INSERT INTO "one_time_tokens" VALUES(1,'3cf8624b7f86d8fb6afacc33a8ddbc5acb1379f30da0b3474f8390ef95bc5701','password',2,'2026-11-22 04:43:50.254116','2026-11-24 04:43:50.254116',NULL);
CREATE TABLE sessions (
	session_id INTEGER NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	user_id INTEGER NOT NULL, 
	started_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	origin VARCHAR(64) NOT NULL, 
	agent VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (session_id), 
	CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (user_id), 
	CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash)
);
INSERT INTO "sessions" VALUES(1,'153a68c29f522a39d2ac75fa1c783cd1b4f49aff5766a90dad1f4e1fedff9500',1,'2026-11-22 04:43:50.348363','2026-11-22 04:43:50.348363','2026-11-22 16:43:50.348363',NULL,'127.0.0.1','test');
CREATE TABLE users (
	user_id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	name_key VARCHAR(64) NOT NULL, 
	role VARCHAR(32) NOT NULL, 
	password_hash VARCHAR(256), 
	is_enabled BOOLEAN NOT NULL, 
	is_demo BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	password_changed_at DATETIME, 
	disabled_at DATETIME, 
	last_seen_at DATETIME, 
	CONSTRAINT pk_users PRIMARY KEY (user_id), 
	CONSTRAINT uq_users_name_key UNIQUE (name_key)
);
INSERT INTO "users" VALUES(1,'Ana','ana','analyst','$argon2id$v=19$m=19456,t=2,p=1$F7UW4NU/+OebX/jxj1lklw$4p+JBADtIIR6UOY3KEOT9RR13akYwH4mYb14vkya3nM',1,0,'2026-11-22 04:43:50.226208','root','2026-11-22 04:43:50.226208',NULL,'2026-11-22 04:43:50.348363');
INSERT INTO "users" VALUES(2,'Mia','mia','manager',NULL,1,0,'2026-11-22 04:43:50.238445','root',NULL,NULL,NULL);
INSERT INTO "users" VALUES(3,'demo-viewer','demo-viewer','viewer',NULL,1,1,'2026-11-22 04:43:50.246649','root',NULL,NULL,NULL);
INSERT INTO "users" VALUES(4,'demo-analyst','demo-analyst','analyst',NULL,1,1,'2026-11-22 04:43:50.246649','root',NULL,NULL,NULL);
INSERT INTO "users" VALUES(5,'demo-planner','demo-planner','planner',NULL,1,1,'2026-11-22 04:43:50.246649','root',NULL,NULL,NULL);
INSERT INTO "users" VALUES(6,'demo-order-entry','demo-order-entry','order_entry',NULL,1,1,'2026-11-22 04:43:50.246649','root',NULL,NULL,NULL);
INSERT INTO "users" VALUES(7,'demo-manager','demo-manager','manager',NULL,1,1,'2026-11-22 04:43:50.246649','root',NULL,NULL,NULL);
INSERT INTO "users" VALUES(8,'demo-admin','demo-admin','admin',NULL,1,1,'2026-11-22 04:43:50.246649','root',NULL,NULL,NULL);
CREATE INDEX ix_audit_log_action ON audit_log (action);
CREATE INDEX ix_audit_log_at ON audit_log (at);
CREATE INDEX ix_audit_log_subject ON audit_log (subject);
CREATE INDEX ix_labels_exception_id ON labels (exception_id);
CREATE INDEX ix_login_attempts_name_key_at ON login_attempts (name_key, at);
CREATE INDEX ix_login_attempts_origin_at ON login_attempts (origin, at);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);
CREATE TRIGGER labels_no_update before update on labels begin select raise(abort, 'labels is append-only'); end;
CREATE TRIGGER labels_no_delete before delete on labels begin select raise(abort, 'labels is append-only'); end;
CREATE TRIGGER audit_log_no_update before update on audit_log begin select raise(abort, 'audit_log is append-only'); end;
CREATE TRIGGER audit_log_no_delete before delete on audit_log begin select raise(abort, 'audit_log is append-only'); end;
COMMIT;
